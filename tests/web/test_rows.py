"""Times and days as people read them; languages; proxies."""

import ipaddress
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mailapp.i18n import negotiate
from mailapp.store.accounts import Account
from mailapp.store.messages import MessageRow
from mailapp.web.proxies import TrustedProxies
from mailapp.web.reader import Reader, zone
from mailapp.web.rows import Moment, days, row

NOW = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)  # 12:30 in Shanghai
LIN = Account(1, "lin@yuanye.example", "林越", "", "member", "active", "", "", "", 0)


def reader(language: str = "zh-CN", name: str = "Asia/Shanghai") -> Reader:
    return Reader(LIN, b"", language, ZoneInfo(name), "")


def stored(at: datetime, **more: Any) -> MessageRow:
    values: dict[str, Any] = {
        "id": int(at.timestamp() * 1000) << 12, "mailbox_id": 1, "thread_id": 1, "size": 1, "date_ms": None,
        "from_name": "", "from_address": "zhou@sanlian.example", "subject": "", "preview": "",
        "delivered_to": "lin@yuanye.example", "attachment_count": 0, "seen": False, "flagged": False,
        "answered": False, "draft": False, "reverse_path": "a@b.example", **more,
    }  # fmt: skip
    return MessageRow(**values)


@pytest.mark.parametrize(
    ("ago", "language", "time", "day"),
    [
        (timedelta(seconds=5), "en", "just now", "Today"),
        (timedelta(seconds=5), "zh-CN", "刚刚", "今天"),
        (timedelta(hours=2), "zh-CN", "10:30", "今天"),
        (timedelta(hours=14), "zh-CN", "22:30", "昨天"),
        (timedelta(days=4), "zh-CN", "11月18日", "更早"),
        (timedelta(days=4), "en", "Nov 18", "Earlier"),
        (timedelta(days=400), "zh-CN", "2025年10月18日", "更早"),
        (timedelta(days=400), "en", "Oct 18, 2025", "Earlier"),
        (timedelta(minutes=-5), "en", "just now", "Today"),
    ],
)
def test_times_read_well(ago: timedelta, language: str, time: str, day: str) -> None:
    shown = row(Moment(reader(language), NOW.timestamp()), stored(NOW - ago), "/mail/inbox")
    assert (shown.time, shown.day_label) == (time, day)


def test_the_clock_stands_in_the_iso_time() -> None:
    shown = row(
        Moment(reader(name="America/New_York"), NOW.timestamp()), stored(NOW - timedelta(hours=2)), "/mail/inbox"
    )
    assert shown.time == shown.iso[11:16] == "21:30"
    assert shown.day_label == "今天"


def test_the_alias_is_shown_only_where_it_is_one() -> None:
    moment = Moment(reader(), NOW.timestamp())
    assert row(moment, stored(NOW), "/mail/inbox").alias == ""
    assert (
        row(moment, stored(NOW, delivered_to="lin+shop@yuanye.example"), "/mail/inbox").alias
        == "lin+shop@yuanye.example"
    )


def test_a_day_that_goes_on_has_no_second_heading() -> None:
    moment = Moment(reader("en"), NOW.timestamp())
    rows = [row(moment, stored(NOW - timedelta(hours=each)), "/mail/inbox") for each in (1, 2, 14)]
    assert [(day.label, len(day.rows)) for day in days(rows)] == [("Today", 2), ("Yesterday", 1)]
    assert [day.label for day in days(rows, "2026-11-22")] == ["", "Yesterday"]


@pytest.mark.parametrize(
    ("header", "choice", "language"),
    [
        ("", "", "zh-CN"), ("*", "", "zh-CN"), ("zh-TW,zh;q=0.9,en;q=0.8", "", "zh-CN"), ("zh-Hans-CN", "", "zh-CN"),
        ("en-US,en;q=0.9,zh;q=0.8", "", "en"), ("de-DE,de;q=0.9", "", "en"), ("de,zh;q=0.5", "", "zh-CN"),
        ("en;q=0.1,zh;q=0.9", "", "zh-CN"), ("en;q=0,zh", "", "zh-CN"), ("en", "zh-CN", "zh-CN"), ("zh", "xx", "zh-CN"),
        (";;;,,q=1;q=x", "", "zh-CN"),
    ],
)  # fmt: skip
def test_languages_are_negotiated(header: str, choice: str, language: str) -> None:
    assert negotiate(header, choice) == language


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "Nowhere/Nothing", "x" * 100, "Asia", "Asia/\0"])
def test_a_zone_is_a_name_and_never_a_path(name: str) -> None:
    assert zone(name) is None


@pytest.mark.parametrize(
    ("peer", "headers", "client", "scheme", "host"),
    [
        ("127.0.0.1", {"x-forwarded-for": "198.51.100.7", "x-forwarded-proto": "https"}, "198.51.100.7", "https", "a"),
        ("127.0.0.1", {"x-forwarded-for": "6.6.6.6, 198.51.100.7, 127.0.0.1"}, "198.51.100.7", "http", "a"),
        ("127.0.0.1", {"x-forwarded-for": "nonsense", "x-forwarded-proto": "gopher"}, "127.0.0.1", "http", "a"),
        ("127.0.0.1", {"x-forwarded-host": "mail.example"}, "127.0.0.1", "http", "mail.example"),
        ("203.0.113.1", {"x-forwarded-for": "1.2.3.4", "x-forwarded-host": "evil"}, "203.0.113.1", "http", "a"),
        ("::ffff:127.0.0.1", {"x-forwarded-for": "198.51.100.7"}, "198.51.100.7", "http", "a"),
    ],
)
async def test_forwarded_fields(peer: str, headers: dict[str, str], client: str, scheme: str, host: str) -> None:
    seen: dict[str, Any] = {}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.update(scope)

    fields = [(b"host", b"a"), *((name.encode(), value.encode()) for name, value in headers.items())]
    middleware = TrustedProxies(app, [ipaddress.ip_network("127.0.0.1")])
    await middleware({"type": "http", "client": (peer, 1), "scheme": "http", "headers": fields}, None, None)
    assert (seen["client"][0], seen["scheme"]) == (client, scheme)
    assert [value.decode() for name, value in seen["headers"] if name == b"host"] == [host]
    assert not [name for name, _ in seen["headers"] if name.startswith(b"x-forwarded")]
