"""Up to a relay that is ready for mail: encryption before the password, or no password."""

import asyncio
import base64
import socket
from typing import Any

import pytest

from mailapp.transport.smtp_client import RelayError, RelayTarget, Session, Timeouts, connect
from tests.relays import Relay, fake_relay
from tests.transport.conftest import QUICK, opened, sent

SECRET = "correct-horse-battery"
LOGIN: dict[str, Any] = {"username": "apikey", "password": SECRET}
USERS = {"apikey": SECRET}


def assert_no_password(relay: Relay) -> None:
    """Neither as it is nor in one of the forms AUTH has."""
    assert SECRET.encode() not in relay.plain
    assert base64.b64encode(SECRET.encode()) not in relay.plain
    assert b"AUTH" not in relay.plain


async def refused(relay: Relay, timeouts: Timeouts | None = None, **target: Any) -> RelayError:
    with pytest.raises(RelayError) as caught:
        await opened(relay, timeouts, **target)
    assert SECRET not in repr(caught.value)
    assert caught.value.permanent is False
    await relay.until(lambda: not relay.open)  # nothing is left behind
    return caught.value


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
@pytest.mark.parametrize("auth", ["auto", "plain", "login", "xoauth2"])
async def test_logs_in_over_tls(tls: str, auth: str) -> None:
    async with fake_relay(tls=tls, users=USERS) as relay:
        session = await opened(relay, auth=auth, **LOGIN)
        assert [reply.code for reply in await sent(session)] == [250]
        await session.close()

        assert relay.messages[0].encrypted
        assert relay.messages[0].login == "apikey"
        assert_no_password(relay)


@pytest.mark.parametrize("auth", ["auto", "plain", "login", "xoauth2"])
async def test_a_wrong_password_is_told_apart_and_never_repeated_back(auth: str) -> None:
    async with fake_relay(users={"apikey": "another"}) as relay:
        error = await refused(relay, auth=auth, **LOGIN)

        assert (error.step, error.kind) == ("auth", "login")
        assert error.reply is not None
        assert (error.reply.code, error.reply.status) == (535, "5.7.8")
        assert relay.steps.count("auth") == 1  # a second try could lock the account


async def test_a_relay_that_repeats_the_password_does_not_get_it_into_the_error() -> None:
    async with fake_relay(users=USERS) as relay:
        wired = base64.b64encode(f"\0apikey\0{SECRET}".encode()).decode()
        relay.answer("auth", f"535 5.7.8 No: {SECRET} or {wired}")
        lines: list[str] = []
        with pytest.raises(RelayError) as caught:
            await connect(
                relay.target(**LOGIN),
                hostname="mx.example",
                tls=relay.trust,
                log=lambda _direction, text: lines.append(text),
            )

        assert str(caught.value) == "auth: 535 5.7.8 No: *** or ***"
        assert not [line for line in lines if SECRET in line or wired in line]


async def test_without_starttls_no_password_is_sent() -> None:
    async with fake_relay(users=USERS, without=["STARTTLS"]) as relay:
        error = await refused(relay, **LOGIN)

        assert (error.step, error.kind) == ("tls", "no_tls")
        assert_no_password(relay)
        assert b"MAIL" not in relay.plain


@pytest.mark.parametrize("reply", ["454 4.7.0 TLS not available", "502 5.5.1 What?"])
async def test_a_refused_starttls_ends_the_connection(reply: str) -> None:
    async with fake_relay(users=USERS) as relay:
        relay.answer("starttls", reply)
        error = await refused(relay, **LOGIN)

        assert (error.step, error.kind) == ("tls", "rejected")
        assert_no_password(relay)


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
@pytest.mark.parametrize(
    ("certificate", "kind"),
    [("untrusted", "certificate"), ("expired", "certificate"), ("wrong name", "certificate_name")],
)
async def test_a_certificate_that_does_not_fit_ends_the_connection(tls: str, certificate: str, kind: str) -> None:
    async with fake_relay(tls=tls, users=USERS, certificate=certificate) as relay:
        error = await refused(relay, **LOGIN)

        assert (error.step, error.kind) == ("tls", kind)
        assert "auth" not in relay.steps
        if tls == "starttls":
            assert_no_password(relay)


async def test_a_self_made_certificate_is_not_trusted_by_default() -> None:
    async with fake_relay(users=USERS) as relay:
        with pytest.raises(RelayError) as caught:
            await connect(relay.target(**LOGIN), hostname="mx.example")

        assert caught.value.kind == "certificate"


async def test_implicit_tls_to_a_port_that_speaks_plain_text_first() -> None:
    async with fake_relay(tls="starttls") as relay:
        error = await refused(relay, security="tls")

        assert (error.step, error.kind) == ("tls", "tls")


async def test_starttls_to_a_port_that_wants_tls_first_runs_out_of_time() -> None:
    async with fake_relay(tls="implicit") as relay:
        error = await refused(relay, QUICK, security="starttls")

        assert (error.step, error.kind) == ("greeting", "timeout")


async def test_without_encryption_this_machine_only() -> None:
    async with fake_relay(tls="none", users=USERS) as relay:
        session = await opened(relay, **LOGIN)
        assert (await sent(session))[0].ok
        await session.close()

    for host in ("relay.example", "192.0.2.7", "127.0.0.1.example"):
        with pytest.raises(RelayError) as caught:
            await connect(RelayTarget("x", host, 25, "none", **LOGIN), hostname="mx.example")
        assert (caught.value.step, caught.value.kind) == ("tls", "plain_text")


async def test_a_login_method_the_relay_does_not_offer_is_not_tried() -> None:
    async with fake_relay() as relay:
        error = await refused(relay, auth="plain", **LOGIN)

        assert (error.step, error.kind) == ("auth", "no_auth")


async def test_a_closed_port_is_told_at_once() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]  # bound, so that nobody else listens there
        with pytest.raises(RelayError) as caught:
            await connect(RelayTarget("x", "127.0.0.1", port), hostname="mx.example")

    assert (caught.value.step, caught.value.kind) == ("connect", "refused")


async def test_a_name_without_an_address_is_told_apart() -> None:
    with pytest.raises(RelayError) as caught:
        await connect(RelayTarget("x", "relay..invalid", 587), hostname="mx.example")

    assert (caught.value.step, caught.value.kind) == ("connect", "name")


async def test_a_port_that_swallows_everything_is_called_blocked(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object) -> None:
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr("mailapp.transport.connecting._connected", never)
    with pytest.raises(RelayError) as caught:
        await connect(RelayTarget("x", "127.0.0.1", 587), hostname="mx.example", timeouts=QUICK)

    assert (caught.value.step, caught.value.kind) == ("connect", "port_blocked")


@pytest.mark.parametrize(
    ("step", "told"),
    [("connect", "greeting"), ("ehlo", "ehlo"), ("starttls", "tls"), ("auth", "auth")],
)
@pytest.mark.parametrize(("how", "kind"), [("stall", "timeout"), ("drop", "dropped"), ("421", "rejected")])
async def test_what_goes_wrong_before_the_first_mail(step: str, told: str, how: str, kind: str) -> None:
    async with fake_relay(users=USERS) as relay:
        if how == "421":
            relay.answer(step, "421 4.3.2 Not now")
        else:
            getattr(relay, how)(step)
        error = await refused(relay, QUICK if how == "stall" else None, **LOGIN)

        assert (error.step, error.kind) == (told, "login" if (step, how) == ("auth", "421") else kind)
        assert (error.reply.code if error.reply else None) == (421 if how == "421" else None)


async def test_logins_we_do_not_have_are_told_in_one_clean_line() -> None:
    async with fake_relay(tls="none") as relay:
        relay.answer("ehlo", "250-hi\r\n250 AUTH \x1b[31m" + "X" * 900)
        error = await refused(relay, **LOGIN)

        assert error.kind == "no_auth"
        assert error.text.isprintable()
        assert len(error.text) < 600


async def test_a_size_nobody_can_mean_is_no_limit() -> None:
    async with fake_relay(tls="none") as relay:
        relay.answer("ehlo", "250-hi\r\n250 SIZE " + "9" * 5_000)
        session = await opened(relay)

        assert session.alive
        await session.close()


@pytest.mark.parametrize("noise", ["hello there", "99", "250"])
async def test_a_greeting_that_is_not_smtp(noise: str) -> None:
    async with fake_relay() as relay:
        relay.answer("connect", noise)
        error = await refused(relay)

        assert error.step == "greeting"
        assert error.kind in ("nonsense", "rejected")


async def test_a_cancelled_connect_leaves_nothing_open() -> None:
    async with fake_relay(users=USERS) as relay:
        relay.stall("auth")
        connecting: asyncio.Task[Session] = asyncio.create_task(opened(relay, **LOGIN))
        await relay.reached("auth")
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting
        await relay.until(lambda: not relay.open)


def test_the_password_does_not_show_in_a_target() -> None:
    assert SECRET not in repr(RelayTarget("x", "relay.example", 587, **LOGIN))
