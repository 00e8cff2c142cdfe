"""mailapp relay: set up, listed, tried out and removed on the command line."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailapp.cli import main
from mailapp.store import relays
from mailapp.store.database import connect
from mailapp.transport.connecting import default_tls
from tests.relays import Relay, fake_relay

SECRET = "SG.a-secret-of-the-relay"
SENDGRID = ("relay", "set", "--preset", "sendgrid", "--name", "sg", "--password-stdin")


class Cli:
    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def __call__(self, *arguments: str, stdin: str = SECRET + "\n") -> Result:
        return CliRunner().invoke(main, arguments, input=stdin)

    def stored(self, name: str) -> relays.Relay:
        db = connect(self.directory / "emails.db")
        found = relays.by_name(db, name)
        db.close()
        assert found is not None
        return found


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.setenv("MAILAPP_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("MAILAPP_HOSTNAME", "mail.yuanye.example")
    return Cli(tmp_path / "data")


@pytest.fixture
def listening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    """A relay on a loop of its own, trusted by the environment as a real one would be."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    running = fake_relay(users={"lin": SECRET})
    relay = asyncio.run_coroutine_threadsafe(running.__aenter__(), loop).result(10)
    monkeypatch.setenv("SSL_CERT_FILE", str(relay.ca_file(tmp_path)))
    default_tls.cache_clear()  # a program of its own would not have read the system's yet
    yield relay
    default_tls.cache_clear()
    asyncio.run_coroutine_threadsafe(running.__aexit__(None, None, None), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def test_a_preset_fills_in_what_the_service_wants(cli: Cli) -> None:
    result = cli(*SENDGRID, "--daily-limit", "100")
    assert result.exit_code == 0, result.output
    one = cli.stored("sg")
    assert (one.host, one.port, one.security, one.username) == ("smtp.sendgrid.net", 587, "starttls", "apikey")
    assert cli("relay", "list").output == "sg\tsmtp.sendgrid.net:587\tstarttls\tapikey\t-\t0/100\tactive\n"


def test_the_password_is_sealed_and_shown_nowhere(cli: Cli) -> None:
    outputs = [cli(*SENDGRID).output, cli("relay", "list").output, cli("relay", "remove", "nobody").output]
    assert SECRET not in "".join(outputs)
    for path in cli.directory.iterdir():
        assert SECRET.encode() not in path.read_bytes(), path.name
    assert (cli.directory / "relay.key").stat().st_mode & 0o777 == 0o600


def test_setting_it_again_changes_it_and_keeps_the_password(cli: Cli) -> None:
    cli(*SENDGRID)
    before = cli.stored("sg")
    result = cli("relay", "set", "--name", "sg", "--port", "2525", "--sender-domain", "Yuanye.example")
    assert result.exit_code == 0, result.output
    after = cli.stored("sg")
    assert (after.id, after.port, after.security) == (before.id, 2525, "starttls")
    assert (after.secret, after.sender_domains) == (before.secret, ("yuanye.example",))
    moved = cli("relay", "set", "--name", "sg", "--host", "evil.example")
    assert moved.exit_code == 1
    assert "--password-stdin" in moved.output
    assert cli.stored("sg").host == "smtp.sendgrid.net"


def test_a_relay_on_this_machine_needs_neither_name_nor_password(cli: Cli) -> None:
    result = cli("relay", "set", "--host", "127.0.0.1", "--port", "2526", "--security", "none")
    assert result.exit_code == 0, result.output
    assert cli("relay", "list").output.startswith("127.0.0.1\t127.0.0.1:2526\tnone\t-\t")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("set",), "--host is missing"),
        (("set", "--host", "no host", "--port", "587"), "not the name of a server"),
        (("set", "--host", "a.example", "--port", "70000"), "up to 65535"),
        (("set", "--host", "a.example", "--security", "none"), "this machine only"),
        (("set", "--host", "a.example", "--username", "u"), "--password-stdin"),
        (("set", "--host", "a.example", "--sender-domain", "not a domain"), "not a domain"),
        (("test",), "none yet"),
        (("test", "nobody"), "no relay nobody"),
        (("remove", "nobody"), "no relay nobody"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(cli: Cli, arguments: tuple[str, ...], says: str) -> None:
    result = cli("relay", *arguments)
    assert result.exit_code == 1
    assert says in result.output
    assert "Traceback" not in result.output


def test_a_test_shows_the_dialogue_without_the_password(cli: Cli, listening: Relay) -> None:
    port = str(listening.port)
    cli("account", "add", "lin@yuanye.example", "--admin", "--password-stdin", stdin="a sentence is best remembered\n")
    cli(
        "relay",
        "set",
        "--host",
        "127.0.0.1",
        "--port",
        port,
        "--security",
        "starttls",
        "--username",
        "lin",
        "--password-stdin",
    )
    result = cli("relay", "test", "--to", "ana@else.example")
    assert result.exit_code == 0, result.output
    for shown in ("> EHLO mail.yuanye.example", "> STARTTLS", "***", "RCPT TO:<ana@else.example>", "took the mail"):
        assert shown in result.output
    assert SECRET not in result.output
    assert listening.messages[0].reverse_path == "lin@yuanye.example"


def test_a_test_that_fails_says_why_and_exits_with_1(cli: Cli, listening: Relay) -> None:
    port = str(listening.port)
    arguments = ("--host", "127.0.0.1", "--port", port, "--username", "lin", "--password-stdin")
    assert cli("relay", "set", *arguments, stdin="wrong\n").exit_code == 0
    result = cli("relay", "test")
    assert result.exit_code == 1
    assert "user name or password is wrong" in result.output


def test_after_a_restore_without_the_key_file_the_password_is_asked_for(cli: Cli) -> None:
    cli(*SENDGRID)
    (cli.directory / "relay.key").unlink()
    result = cli("relay", "test", "sg")
    assert result.exit_code == 1
    assert "--password-stdin" in result.output
    assert cli(*SENDGRID).exit_code == 0


def test_a_removed_relay_is_gone(cli: Cli) -> None:
    cli(*SENDGRID)
    assert cli("relay", "remove", "sg").exit_code == 0
    assert cli("relay", "list").output == ""
