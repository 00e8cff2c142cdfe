"""mailapp wait, by the real program: on the server's machine, and from elsewhere over the API."""

import asyncio
import os
import sys
from email.message import EmailMessage
from pathlib import Path

import pytest

from mailapp.app import App, running
from mailapp.config import Config, load
from mailapp.mail.content import MemoryContent
from mailapp.mail.envelope import Envelope
from mailapp.store import tokens
from mailapp.store.tokens import NewToken
from tests.api.conftest import code_letter
from tests.commands.test_commands import Cli, cli
from tests.conftest import DOMAIN, make_account

__all__ = ["cli"]
SHOP = f"shop@{DOMAIN}"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return load(
        {
            "MAILAPP_DATA_DIR": str(tmp_path / "data"),
            "MAILAPP_HTTP": "127.0.0.1:0",
            "MAILAPP_SMTP": "127.0.0.1:0",
            "MAILAPP_HOSTNAME": "mail.yuanye.example",
        }
    )


async def deliver(app: App, message: EmailMessage, to: str) -> None:
    content = message.as_bytes().replace(b"\n", b"\r\n")
    envelope = Envelope("noreply@github.example", (to,), "203.0.113.9", "mx.github.example")
    await app.delivery.deliver(envelope, MemoryContent(content))


async def program(config: Config, *arguments: str, **variables: str) -> "asyncio.subprocess.Process":
    environment = {**os.environ, "MAILAPP_DATA_DIR": str(config.data_dir), **variables}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "mailapp",
        "wait",
        *arguments,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def printed(process: "asyncio.subprocess.Process") -> tuple[int, str, str]:
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, out.decode(), err.decode()


async def test_on_the_servers_machine_it_prints_the_code_that_comes(config: Config) -> None:
    async with running(config) as app:
        await make_account(app.database, catch_all=True)
        await deliver(app, code_letter("111111"), SHOP)  # before anybody waited
        process = await program(config, "--to", SHOP, "--timeout", "50")
        sender = asyncio.create_task(_keep_sending(app))
        try:
            assert await printed(process) == (0, "482913\n", "")
        finally:
            sender.cancel()


async def _keep_sending(app: App) -> None:
    """Once the program looks: there is no event to wait for in another process."""
    while True:
        await deliver(app, code_letter("482913"), f"shop+sale@{DOMAIN}")
        await asyncio.sleep(0.3)


async def test_elsewhere_it_asks_the_api_with_a_token(config: Config) -> None:
    async with running(config) as app:
        lin = await make_account(app.database, catch_all=True)
        secret, _ = await app.pages.tokens.add(lin, NewToken((tokens.CODES,)))
        server = f"http://127.0.0.1:{app.http_port}"
        process = await program(config, "--to", SHOP, "--timeout", "50", "--server", server, MAILAPP_TOKEN=secret)
        with app.bus.subscribe(lin):
            while len(app.bus._by_account[lin]) < 2:  # until its call waits
                await asyncio.sleep(0.01)
        await deliver(app, code_letter("482913"), SHOP)
        assert await printed(process) == (0, "482913\n", "")
        wrong = await program(config, "--server", server, "--token", "mailapp_wrong")
        status, out, err = await printed(wrong)
        assert (status, out, "401" in err) == (2, "", True)


def test_without_a_code_it_ends_with_1_and_prints_nothing(cli: Cli) -> None:
    cli("account", "add", "lin@yuanye.example", "--admin", "--password-stdin")
    result = cli("wait", "--to", "shop@yuanye.example", "--timeout", "0")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no code came" in result.stderr


async def test_a_code_of_the_last_seconds_is_taken_where_that_is_asked_for(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(config) as app:
        await make_account(app.database, catch_all=True)
        await make_account(app.database, f"ann@{DOMAIN}")
        await deliver(app, code_letter("482913"), SHOP)
        for more, status, out in (
            (("--to", SHOP, "--within", "600"), 0, "482913\n"),
            (("--to", SHOP), 1, ""),
            (("--to", f"other@{DOMAIN}", "--within", "600"), 1, ""),
            (("--within", "600", "--account", f"ann@{DOMAIN}"), 1, ""),
        ):
            process = await program(config, *more, "--timeout", "0")
            assert (await printed(process))[:2] == (status, out)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--to", "nonsense"), "not an address"),
        (("--account", "nobody@yuanye.example"), "no account"),
        (("--server", "ftp://x", "--token", "t"), "not a URL"),
        (("--server", "http://127.0.0.1:9"), "a token is needed"),
        (("--server", "http://127.0.0.1:9", "--token", "t"), "cannot be reached"),
    ],
)
def test_what_is_wrong_is_said(cli: Cli, arguments: tuple[str, ...], says: str) -> None:
    cli("account", "add", "lin@yuanye.example", "--admin", "--password-stdin")
    result = cli("wait", *arguments, "--timeout", "5")
    assert result.exit_code != 0
    assert says in result.output
