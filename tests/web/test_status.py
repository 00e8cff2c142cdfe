"""How sent mail is told: badges of its row, states, reasons and times per recipient."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from mailapp.flow.reasons import ANSWER_LONGEST
from mailapp.store.queue import Item, Recipient, Summary
from mailapp.web.rows import Badge, Moment, row, to_whom
from mailapp.web.status import SHOWN, badges, delivery_view
from tests.web.test_rows import NOW, reader, stored

NOW_MS = int(NOW.timestamp() * 1000)
MINUTE_MS = 60_000
SOON_MS = NOW_MS + 18 * MINUTE_MS


def moment(language: str = "en") -> Moment:
    return Moment(reader(language), NOW.timestamp())


def recipient(state: str, **more: Any) -> Recipient:
    values: dict[str, Any] = {
        "id": 1, "item_id": 1, "address": "a@b.example", "state": state, "next_ms": 0, "attempts": 1, "claimed": False,
        "in_doubt": False, "doubled": False, "code": 0, "status": "", "reason": "", "relay": "", "took_ms": 0,
        "changed_ms": NOW_MS, **more,
    }  # fmt: skip
    return Recipient(**values)


def item(*recipients: Recipient, **more: Any) -> Item:
    values: dict[str, Any] = {
        "id": 1, "account_id": 1, "message_id": 7, "draft_id": 0, "reverse_path": "lin@yuanye.example",
        "subject": "Hello", "size": 1, "utf8": False, "created_ms": NOW_MS, "release_ms": NOW_MS, "scheduled": False,
        "state": "active", "warned": False, "noticed": True, "recipients": recipients, **more,
    }  # fmt: skip
    return Item(**values)


def summary(total: int = 1, **more: Any) -> Summary:
    values: dict[str, Any] = {
        "item_id": 1, "state": "active", "pending": 0, "deferred": 0, "failed": 0, "sent": 0, "delivered": 0,
        "total": total, "waiting_until_ms": 0, "scheduled": False, "doubled": 0, **more,
    }  # fmt: skip
    return Summary(**values)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (summary(sent=1, state="done"), []),
        (summary(4, sent=2, failed=1, deferred=1), ["danger:1 failed", "warn:1 to retry"]),
        (summary(failed=1, state="done"), ["danger:Failed"]),
        (summary(deferred=1), ["warn:Retry"]),
        (summary(3, pending=2, sent=1), ["quiet:Sending"]),
        (summary(pending=1, state="waiting", waiting_until_ms=NOW_MS + 9_000), ["quiet:Sending"]),
        (
            summary(pending=1, state="waiting", waiting_until_ms=NOW_MS + 1_440 * MINUTE_MS, scheduled=True),
            ["quiet:Tomorrow 12:30"],
        ),
        (summary(2, deferred=1, failed=1, state="held"), ["danger:1 failed", "quiet:On hold"]),
    ],
)
def test_a_row_says_what_needs_a_look(found: Summary, told: list[str]) -> None:
    assert [f"{each.look}:{each.text}" for each in badges(moment(), found)] == told


def test_a_row_of_ones_own_names_who_it_goes_to() -> None:
    shown = row(
        moment(), stored(NOW, to_names="周婧\nMarta Lindqvist\n程远", to_count=4, delivered_to=""), "/mail/sent"
    )
    assert (shown.sender, shown.alias, shown.draft) == ("To 周婧, Marta, 4 in all", "", False)


def test_a_draft_says_so_and_to_whom() -> None:
    shown = row(
        moment(), stored(NOW, draft=True, to_names="印厂", to_count=1), "/mail/drafts", badges=(Badge("x", "y"),)
    )
    assert (shown.draft, shown.sender, shown.beside, shown.badges) == (True, "Draft", "To 印厂", ())
    empty = row(moment(), stored(NOW, draft=True), "/mail/drafts")
    assert (empty.sender, empty.beside) == ("Draft", "")


@pytest.mark.parametrize(
    ("names", "count", "told"),
    [
        ("", 0, ""), ("Marta Lindqvist", 1, "To Marta Lindqvist"), ("a@b.example", 1, "To a@b.example"),
        ("Marta Lindqvist\nLin Yue", 2, "To Marta, Lin"), ("Lindqvist, Marta\n周婧", 2, "To Lindqvist, Marta, 周婧"),
        ("Dr Marta\nB. Mai\nC", 3, "To Dr Marta, B. Mai, C"), ("A\nB\nC", 30, "To A, B, 30 in all"),
    ],
)  # fmt: skip
def test_names_fit_a_row(names: str, count: int, told: str) -> None:
    assert to_whom(reader("en"), names, count) == told


@pytest.mark.parametrize(
    ("found", "state", "reason", "when"),
    [
        (
            recipient("failed", code=550, status="5.1.1", reason="User unknown"),
            "Failed", "The relay refused this recipient: 550 5.1.1 User unknown", "12:30:00 · not tried again",
        ),
        (
            recipient("deferred", code=451, status="4.7.1", reason="Greylisted", attempts=2, next_ms=SOON_MS),
            "Will be retried", "The relay asked us to come back later: 451 4.7.1 Greylisted",
            "next try 12:48 · 2 attempts",
        ),
        (
            recipient("sent", code=250, status="2.0.0", reason="queued as 4FqT", relay="relay.example", took_ms=1_234),
            "Accepted by the relay", "relay.example: 250 queued as 4FqT", "12:30:00 · 1.2 s",
        ),
        (recipient("delivered", code=250, relay="local", took_ms=3), "Delivered", "On this server", "12:30:00"),
        (recipient("pending", attempts=0), "Sending", "", ""),
        (
            recipient("deferred", reason="no relay", status="4.3.5", attempts=0, next_ms=NOW_MS + MINUTE_MS),
            "Will be retried", "No relay is set up that takes mail from this address.", "next try 12:31 · 0 attempts",
        ),
        (
            recipient("failed", code=451, status="4.7.1", reason="Greylisted", attempts=100),
            "Failed",
            "Given up after days of trying. The relay asked us to come back later: 451 4.7.1 Greylisted",
            "12:30:00 · not tried again",
        ),
        (
            recipient("deferred", code=535, status="5.7.8", reason="bad credentials", next_ms=NOW_MS),
            "Will be retried", "The relay did not accept our login: 535 5.7.8 bad credentials",
            "next try 12:30 · 1 attempt",
        ),
        (
            recipient("deferred", status="4.4.1", reason="r.example port 25 refused the connection", next_ms=NOW_MS),
            "Will be retried", "The relay could not be reached: r.example takes no connections on port 25.",
            "next try 12:30 · 1 attempt",
        ),
        (
            recipient("deferred", status="4.4.1", reason="r.example port 587: no route to host", next_ms=NOW_MS),
            "Will be retried", "The relay could not be reached: r.example port 587: no route to host",
            "next try 12:30 · 1 attempt",
        ),
        (
            recipient("failed", status="5.0.0", reason="mailbox full"), "Failed", "It came back: mailbox full",
            "12:30:00 · not tried again",
        ),
        (
            recipient("failed", code=550, status="5.1.1", reason="by mail: 550 5.1.1 gone", relay="relay.example"),
            "Failed", "Reported by mail: 550 5.1.1 gone", "12:30:00 · not tried again",
        ),
        (
            recipient("sent", code=451, status="4.2.2", reason="by mail: full", relay="relay.example"),
            "Accepted by the relay", "Reported by mail: 451 4.2.2 full", "12:30:00",
        ),
        (recipient("cancelled"), "Cancelled", "", "12:30:00"),
    ],
)  # fmt: skip
def test_each_recipient_has_state_reason_and_time(found: Recipient, state: str, reason: str, when: str) -> None:
    shown = delivery_view(moment(), item(found)).recipients[0]
    assert (shown.state, shown.reason, shown.when) == (state, reason, when)


def test_what_a_relay_says_is_bounded() -> None:
    found = recipient("failed", code=550, reason="x" * 10_000)
    assert len(delivery_view(moment(), item(found)).recipients[0].reason) < ANSWER_LONGEST + 60


def test_the_acts_stand_below_the_last_recipient_still_to_be_reached() -> None:
    failed, deferred, sent = recipient("failed"), recipient("deferred"), recipient("sent")
    view = delivery_view(moment(), item(failed, deferred, deferred, sent))
    assert (view.acts_after, view.open_count) == (3, 2)
    assert delivery_view(moment(), item(failed, sent)).acts_after == 0


def test_a_long_list_is_cut_where_all_went_well() -> None:
    view = delivery_view(moment(), item(recipient("failed"), *[recipient("sent")] * 500))
    assert (len(view.recipients), view.more) == (SHOWN, 501 - SHOWN)
    assert view.recipients[0].look == "danger"


def test_what_waits_says_until_when_and_can_be_taken_back() -> None:
    pending = recipient("pending", attempts=0, next_ms=NOW_MS + 10_000)
    view = delivery_view(moment(), item(pending, state="waiting", release_ms=NOW_MS + 10_000, draft_id=3))
    assert view.waits == "Goes out at 12:30:10; until then it can be taken back."
    assert view.recallable
    assert view.recipients[0].state == "Waiting"
    later = item(pending, state="waiting", release_ms=NOW_MS + 3 * 1_440 * MINUTE_MS, draft_id=3, scheduled=True)
    view = delivery_view(moment(), later)
    assert (view.waits, view.waits_local) == ("Goes out: Nov 25 12:30", "2026-11-25T12:30")


def test_another_accounts_mail_shows_an_admin_no_subject_and_cannot_be_recalled() -> None:
    view = delivery_view(moment(), item(recipient("pending"), state="waiting", draft_id=3), everybody=True)
    assert (view.subject, view.recallable, view.everybody) == ("", False, True)


def test_times_are_the_readers() -> None:
    new_york = Moment(reader("en", "America/New_York"), NOW.timestamp())
    found = item(recipient("deferred", next_ms=NOW_MS + MINUTE_MS, attempts=3))
    assert delivery_view(new_york, found).recipients[0].when == "next try 23:31 · 3 attempts"
    old = replace(
        found.recipients[0], state="failed", changed_ms=int(datetime(2026, 3, 4, 4, tzinfo=UTC).timestamp() * 1000)
    )
    assert delivery_view(moment(), item(old)).recipients[0].when == "Mar 4 12:00 · not tried again"
