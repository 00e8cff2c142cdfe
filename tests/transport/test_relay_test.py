"""Trying a relay out shows where it ends, and never the password."""

import asyncio
import base64
import socket
from collections.abc import AsyncIterator

import pytest

from mailapp.mail.content import MemoryContent
from mailapp.transport.relay_test import Dialogue, Trial, open_ports, try_relay
from mailapp.transport.smtp_client import RelayTarget
from tests.relays import Relay, fake_relay
from tests.transport.conftest import LETTER, QUICK, SENDER

SECRET = "correct-horse-battery"
TRIAL = Trial(SENDER, "me@far.example", MemoryContent(LETTER))


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    async with fake_relay(users={"apikey": SECRET}) as relay:
        yield relay


async def tried(relay: Relay, trial: Trial | None = TRIAL, password: str = SECRET) -> Dialogue:
    target = relay.target(username="apikey", password=password)
    dialogue = await try_relay(target, "mx.example", trial, tls=relay.trust)
    for form in (password, base64.b64encode(password.encode()).decode()):
        assert form not in repr(dialogue)
    return dialogue


async def test_a_good_one_shows_every_step_without_the_secret(relay: Relay) -> None:
    dialogue = await tried(relay)

    assert dialogue.ok
    assert dialogue.reply is not None
    assert dialogue.reply.code == 250
    said = [text for direction, text in dialogue.lines if direction == ">"]
    assert said == [
        "EHLO mx.example",
        "STARTTLS",
        "EHLO mx.example",
        "AUTH PLAIN ***",
        f"MAIL FROM:<{SENDER}> SIZE={len(LETTER)} BODY=8BITMIME",
        "RCPT TO:<me@far.example>",
        "DATA",
        ".",
        "QUIT",
    ]
    answers = [text[:3] for direction, text in dialogue.lines if direction == "<"]
    assert [code for code, after in zip(answers, [*answers[1:], ""], strict=True) if code != after] == [
        "220", "250", "220", "250", "235", "250", "354", "250", "221",
    ]  # fmt: skip
    assert any(direction == "*" and text.startswith("TLSv1.") for direction, text in dialogue.lines)
    assert relay.messages[0].content == LETTER


async def test_logging_in_alone_sends_nothing(relay: Relay) -> None:
    dialogue = await tried(relay, None)

    assert dialogue.ok
    assert relay.count == 0
    assert "mail" not in {step.split()[0] for step in relay.steps}


async def test_lines_are_told_as_they_come(relay: Relay) -> None:
    told: list[tuple[str, str]] = []
    relay.stall("auth")
    target = relay.target(username="apikey", password=SECRET)

    trying = asyncio.create_task(
        try_relay(
            target, "mx.example", TRIAL, tls=relay.trust, log=lambda direction, text: told.append((direction, text))
        )
    )
    await relay.reached("auth")
    assert told[-1] == (">", "AUTH PLAIN ***")
    trying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await trying
    await relay.until(lambda: not relay.open)


async def test_a_wrong_password_shows_the_relays_word(relay: Relay) -> None:
    dialogue = await tried(relay, password="something else")

    assert (dialogue.ok, dialogue.step, dialogue.kind) == (False, "auth", "login")
    assert dialogue.lines[-1] == ("<", "535 5.7.8 Authentication credentials invalid")


@pytest.mark.parametrize(
    ("step", "reply"),
    [
        ("mail", "550 5.7.1 Sender not verified"),
        ("rcpt", "550 5.1.1 No"),
        ("data", "451 4.3.0 X"),
        ("dot", "554 5.7 X"),
    ],
)
async def test_a_refused_mail_shows_the_step(relay: Relay, step: str, reply: str) -> None:
    relay.answer(step, reply)

    dialogue = await tried(relay)

    assert (dialogue.ok, dialogue.step, dialogue.kind) == (False, step, "rejected")
    assert dialogue.reply is not None
    assert dialogue.reply.code == int(reply[:3])
    assert ("<", reply) in dialogue.lines


async def test_no_tls_offered_is_a_kind_of_its_own() -> None:
    async with fake_relay(users={"apikey": SECRET}, without=["STARTTLS"]) as relay:
        dialogue = await tried(relay)

    assert (dialogue.step, dialogue.kind) == ("tls", "no_tls")
    assert not [text for _, text in dialogue.lines if "AUTH PLAIN" in text]


@pytest.mark.parametrize("step", ["connect", "ehlo", "auth", "rcpt", "dot"])
async def test_a_relay_that_falls_silent_is_given_up_in_time(relay: Relay, step: str) -> None:
    relay.stall(step)
    target = relay.target(username="apikey", password=SECRET)

    dialogue = await try_relay(target, "mx.example", TRIAL, tls=relay.trust, timeouts=QUICK)

    assert (dialogue.ok, dialogue.kind) == (False, "timeout")
    assert dialogue.step == {"connect": "greeting"}.get(step, step)


async def test_all_steps_together_are_bounded(relay: Relay) -> None:
    relay.stall("rcpt")
    target = relay.target(username="apikey", password=SECRET)

    dialogue = await try_relay(target, "mx.example", TRIAL, tls=relay.trust, total=1.0)

    assert (dialogue.ok, dialogue.step, dialogue.kind) == (False, "rcpt", "timeout")
    await relay.until(lambda: not relay.open)


async def test_a_closed_port_names_those_that_answer(relay: Relay) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        closed = unused.getsockname()[1]  # bound, so that nobody else listens there
        target = RelayTarget("x", "127.0.0.1", closed)

        dialogue = await try_relay(target, "mx.example", None, ports=[closed, relay.port])

        assert (dialogue.step, dialogue.kind) == ("connect", "refused")
        assert dialogue.open_ports == (relay.port,)
        assert await open_ports("127.0.0.1", [closed]) == ()
