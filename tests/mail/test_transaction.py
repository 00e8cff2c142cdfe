"""What a mail transaction came to, and how long its steps took."""

import pytest

from mailapp.mail.transaction import (
    BROKEN,
    CHECK_DOMAIN,
    DEFERRED,
    NOTHING,
    RECIPIENTS_KEPT,
    REFUSED,
    TAKEN,
    UNKNOWN,
    Transaction,
)  # fmt: skip


@pytest.mark.parametrize(
    ("reply", "asked", "outcome"),
    [
        ("250 2.0.0 Ok: 1f", [""], TAKEN),
        ("250 2.0.0 Ok: 1f", ["", "550 5.1.1 No such address here"], TAKEN),
        ("452 4.3.1 Insufficient system storage", [""], DEFERRED),
        ("552 5.3.4 Message too big", [""], REFUSED),
        ("", ["550 5.1.1 No such address here"], UNKNOWN),
        ("", ["550 5.1.1 No such address here", "452 4.2.2 Mailbox full"], DEFERRED),
        ("", ["", "550 5.1.1 No such address here"], BROKEN),
        ("", [], NOTHING),
    ],
)
def test_the_outcome_is_told_by_the_last_reply_that_counts(reply: str, asked: list[str], outcome: str) -> None:
    one = Transaction("192.0.2.1", 1.0)
    for number, each in enumerate(asked):
        one.ask(f"a{number}@b.example", each, 2.0)
    one.reply = reply
    assert one.outcome == outcome


def test_each_step_is_counted_from_the_one_before_and_those_not_taken_are_none() -> None:
    one = Transaction("192.0.2.1", 10.0)
    one.connected, one.greeted, one.mailed, one.named = 10.001, 10.003, 10.01, 10.02
    steps = [None if ms is None else round(ms) for ms in one.steps()]
    assert steps == [1, 2, None, 7, 10, None, None, None]


def test_of_very_many_recipients_the_number_is_kept() -> None:
    one = Transaction("192.0.2.1", 1.0)
    for number in range(RECIPIENTS_KEPT + 7):
        one.ask(f"a{number}@b.example", "", 2.0)
    assert (len(one.asked), one.asked_more) == (RECIPIENTS_KEPT, 7)


def test_our_own_check_is_one_that_came_from_here_and_was_refused_everything() -> None:
    def asked(address: str, reply: str = "550 5.1.1 No", *, local: bool = True) -> bool:
        one = Transaction("127.0.0.1", 1.0, local=local).again(2.0)
        one.ask(address, reply, 3.0)
        return one.is_check

    assert asked(f"stranger@{CHECK_DOMAIN}")
    assert asked(f"@ours.example:stranger@{CHECK_DOMAIN}")
    assert not asked(f"stranger@{CHECK_DOMAIN}", "")  # an open relay is nothing to hide
    assert not asked(f"stranger@{CHECK_DOMAIN}", local=False)
    assert not asked("nobody@ours.example")
    assert not Transaction("127.0.0.1", 1.0, local=True).is_check
