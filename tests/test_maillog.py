"""The mail log: one line per event, no mail in it, and nothing a client sends can forge a line."""

import json
import logging
from collections.abc import Iterator

import pytest

from mailapp import maillog

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    yield
    maillog._Out.stream = None
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(level)


def test_an_event_is_one_line(capsys: Capture) -> None:
    maillog.configure("text")
    maillog.delivered("abc", "192.0.2.1", 1, 4096, 1.23)
    assert capsys.readouterr().err.endswith(" info delivered id=abc peer=192.0.2.1 recipients=1 size=4096 ms=1.2\n")


def test_json_lines_are_json(capsys: Capture) -> None:
    maillog.configure("json")
    maillog.refused("192.0.2.1", "a@b.example", "x@y.example", "550 5.1.1 No")
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["level"], line["forward_path"]) == ("refused", "info", "x@y.example")


def test_a_client_cannot_forge_a_line(capsys: Capture) -> None:
    maillog.configure("text")
    maillog.refused("192.0.2.1", "", "a\r\n2026-01-01 info logged in address=root" + "x" * 9999, "550 No")
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert len(told) < 600


def test_an_exceptions_own_words_stay_out(capsys: Capture) -> None:
    maillog.configure("text")
    try:
        raise ValueError("the code is 482913")
    except ValueError:
        maillog.unforeseen("delivery")
        logging.getLogger("library").exception("482913 %s", "482913")
    told = capsys.readouterr().err
    assert "482913" not in told
    assert told.count("error=ValueError") == 2
    assert "test_maillog.py" in told


def test_a_value_cannot_pass_for_another_field(capsys: Capture) -> None:
    maillog.configure("text")
    maillog.login_failed('x peer=6.6.6.6 "y"', "192.0.2.1")
    told = capsys.readouterr().err
    assert 'address="x peer=6.6.6.6 \\"y\\"" peer=192.0.2.1' in told
