"""/metrics: the text format to the letter, and only for those it is meant for."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp.web.context import EXTENSION
from mailapp.web.exposition import Family, Histogram, exposition
from tests.flow.test_receiving_log import told
from tests.web.admins import admin
from tests.web.conftest import LIN, SAME_ORIGIN, Mail

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\\\|\\"|\\n)*"'
NUMBER = r"(?:[-+]?(?:\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|Inf)|NaN)"
GRAMMAR = re.compile(
    rf"(?:# HELP {NAME} (?:[^\\\n]|\\\\|\\n)*\n|# TYPE {NAME} (?:counter|gauge|histogram|summary|untyped)\n"
    rf"|{NAME}(?:\{{{LABEL}(?:,{LABEL})*\}})? {NUMBER}\n)*"
)
"""The text format 0.0.4 as Prometheus documents it."""
AWAY = {"X-Forwarded-For": "203.0.113.9"}
labels = st.dictionaries(st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True), st.text(), max_size=3)


@given(st.text(), st.lists(st.tuples(labels, st.floats()), max_size=5))
def test_whatever_labels_and_numbers_hold_the_text_keeps_to_the_grammar(help_: str, samples) -> None:
    text = exposition([Family("a_b", "gauge", help_, samples)])
    assert GRAMMAR.fullmatch(text)
    assert text.count("\n") == 2 + len(samples)


@given(st.text())
def test_a_label_reads_back_as_it_was(value: str) -> None:
    text = exposition([Family("a", "gauge", "", [({"v": value}, 1)])])
    held = text.splitlines(keepends=True)[2] if "\n" in text else ""
    inner = text.partition('{v="')[2].rpartition('"}')[0]
    read = re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found[1], found[1]), inner)
    assert (read, held[:1]) == (value, "a")


@given(st.lists(st.integers(0, 1000), min_size=3, max_size=3))
def test_buckets_rise_to_the_count(classes: list[int]) -> None:
    text = exposition([Family("h", "histogram", "x", histograms=[Histogram({}, [0.5, 1], classes, 2.5)])])
    assert GRAMMAR.fullmatch(text)
    found = [int(line.split()[1]) for line in text.splitlines() if line.startswith("h_bucket")]
    assert found == [classes[0], classes[0] + classes[1], sum(classes)]
    assert 'le="+Inf"' in text
    assert f"h_count {sum(classes)}" in text
    assert "h_sum 2.5" in text


@pytest.mark.parametrize(
    "family",
    [
        Family("a-b", "gauge", ""),
        Family("a", "number", ""),
        Family("a", "gauge", "", [({"1x": ""}, 1)]),
        Family("a", "histogram", "", histograms=[Histogram({}, [1], [1], 0)]),
    ],
)
def test_what_the_format_does_not_know_is_refused(family: Family) -> None:
    with pytest.raises(ValueError, match="a"):
        exposition([family])


async def test_the_machine_itself_reads_what_was_counted(mail: Mail) -> None:
    mail.context.receiving.ended(told((LIN, ""), reply="250 2.0.0 Ok: 1f"))
    await mail.context.receiving.write()
    client = mail.site.test_client()
    response = await client.get("/metrics", scope_base={"client": ("127.0.0.1", 1)})
    text = await response.get_data(as_text=True)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert GRAMMAR.fullmatch(text)
    assert 'mailapp_received_total{result="taken"} 1\n' in text
    assert 'mailapp_latency_seconds_count{step="stored"} 1\n' in text
    assert "mailapp_received_bytes_total 4096\n" in text
    declared = re.findall(r"# TYPE (\S+)", text)
    assert len(declared) == len(set(declared)) >= 12
    assert LIN not in text


@pytest.mark.parametrize(
    ("client", "headers"),
    [
        ("203.0.113.9", {}),
        ("127.0.0.1", AWAY),
        ("127.0.0.1", {"Host": "mail.yuanye.example"}),
        ("127.0.0.1", {"Host": "127.0.0.1.evil.example:2099"}),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}),
        ("127.0.0.1", {"X-Forwarded-Host": "mail.yuanye.example"}),
        ("127.0.0.1", {"X-Real-IP": "203.0.113.9"}),
        ("203.0.113.9", {"Authorization": "Bearer wrong"}),
        ("203.0.113.9", {"Authorization": "Bearer "}),
        ("203.0.113.9", {"Authorization": "Basic x"}),
    ],
)
async def test_others_get_nothing(mail: Mail, client: str, headers: dict[str, str]) -> None:
    response = await mail.site.test_client().get("/metrics", headers=headers, scope_base={"client": (client, 1)})
    assert response.status_code == 401
    assert await response.get_data() == b""


async def test_what_a_proxy_that_is_not_trusted_passes_on_is_not_from_the_machine_itself(mail: Mail) -> None:
    proxies = mail.site.extensions[EXTENSION].proxies
    assert proxies is not None
    proxies.networks = ()
    for headers in ({"X-Forwarded-For": "203.0.113.9"}, {"X-Forwarded-Proto": "https"}):
        given = {"Host": "127.0.0.1:2099", **headers}
        response = await mail.site.test_client().get("/metrics", headers=given, scope_base={"client": ("127.0.0.1", 1)})
        assert response.status_code == 401


async def test_a_token_lets_in_until_the_next_one_is_made(mail: Mail) -> None:
    client = await admin(mail)

    async def made() -> str:
        response = await client.post("/admin/metrics-tokens", headers=SAME_ORIGIN)
        html = await response.get_data(as_text=True)
        return html.partition('id="metrics-token">')[2].partition("<")[0]

    async def status(token: str) -> int:
        headers = {"Authorization": f"Bearer {token}", **AWAY}
        scope = {"client": ("203.0.113.9", 1)}
        return (await mail.site.test_client().get("/metrics", headers=headers, scope_base=scope)).status_code

    first = await made()
    assert len(first) > 40
    assert await status(first) == 200
    second = await made()
    assert [await status(first), await status(second)] == [401, 200]
    assert second not in await (await client.get("/admin")).get_data(as_text=True)
