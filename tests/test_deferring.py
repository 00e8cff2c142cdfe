"""Modules that come along unused do not run; asked for anything they are there, whole, and run once."""

import importlib
import inspect
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailapp.cli import COME_ALONG
from mailapp.deferring import Deferred, Deferring

RAN = "import builtins; builtins.ran.append(__name__)\n"


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A package `late` and a module `broken`, deferred; the names of what ran, in order."""
    (tmp_path / "late").mkdir()
    (tmp_path / "late" / "__init__.py").write_text(RAN + "here = 1\n")
    (tmp_path / "late" / "one.py").write_text(RAN + "from late import two\nword = two.word\ndef ask(): return word\n")
    (tmp_path / "late" / "two.py").write_text(RAN + "from late import one\nword = 'two'\n")
    (tmp_path / "late" / "broken.py").write_text(RAN + "1 / 0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    finder, ran = Deferring(["late", "missing"]), list[str]()
    monkeypatch.setattr("builtins.ran", ran, raising=False)
    sys.meta_path.insert(0, finder)

    yield ran
    sys.meta_path.remove(finder)
    for name in [name for name in sys.modules if name.partition(".")[0] == "late"]:
        del sys.modules[name]


def test_importing_runs_nothing_and_asking_runs_it_once(made: list[str]) -> None:
    late = importlib.import_module("late")
    one = importlib.import_module("late.one")
    assert importlib.import_module("late.one") is one
    assert type(one) is type(late) is Deferred
    assert made == []
    assert one.ask() == "two"
    assert made == ["late.one", "late", "late.two"]
    assert "def ask" in inspect.getsource(one)
    assert one.ask() == "two"
    assert type(one) is not Deferred


def test_what_is_not_there_is_an_error_as_ever(made: list[str]) -> None:
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("missing")
    one = importlib.import_module("late.one")
    with pytest.raises(AttributeError, match="nothing"):
        _ = one.nothing
    with pytest.raises(ImportError):
        exec("from late.one import nothing")


def test_a_module_that_breaks_says_so_each_time(made: list[str]) -> None:
    broken = importlib.import_module("late.broken")
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            _ = broken.anything


def test_threads_that_ask_at_once_all_find_it(made: list[str]) -> None:
    one, found = importlib.import_module("late.one"), list[str]()
    threads = [threading.Thread(target=lambda: found.append(one.word)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["two"] * 8


IDLE = """
import asyncio, sys
from mailapp import cli
cli.main.get_command(None, "serve")
from mailapp import app, config
from mailapp.deferring import Deferred

async def go():
    at = "127.0.0.1:0"
    settings = config.load({"MAILAPP_DATA_DIR": sys.argv[1], "MAILAPP_SMTP": at, "MAILAPP_HTTP": at})
    async with app.running(settings) as running:
        async def ask(path):
            reader, writer = await asyncio.open_connection("127.0.0.1", running.http_port)
            writer.write(f"GET {path} HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n".encode())
            answer = await reader.read()
            writer.close()
            return answer.split()[1].decode()
        print(await ask("/healthz"), await ask("/login"), await ask("/mail/inbox"), await ask("/admin/accounts"))
        print(*sorted(name for name, one in sys.modules.items() if type(one) is not Deferred))
        print(await ask("/api/v1/messages"), await ask("/api/docs"))
        print(*sorted(name for name in sys.modules))

asyncio.run(go())
"""
SELDOM = (
    "mailapp.api",
    "mailapp.web.admin_",
    "mailapp.web.transfers",
    "mailapp.web.tokens",
    "mailapp.web.administration",
    "mailapp.web.seldom",
    "msgspec",
)
HEAVY = ("nh3", "bcrypt._bcrypt", "cryptography", "dns", "pyrage", "backports.zstd", "hpack", "hyperframe")


def test_an_idle_server_has_loaded_nothing_that_most_never_use(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", IDLE, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    pages, idle, api, later = (line.split() for line in done.stdout.splitlines()[-4:])
    assert pages == ["200", "200", "303", "303"]
    unused = [*COME_ALONG, *HEAVY, *SELDOM]
    needed = ("mailapp.web.admin_access", "mailapp.web.admin_steps")
    assert not [name for name in idle if name.startswith(tuple(unused)) and name not in needed]
    assert api == ["401", "200"]
    assert "mailapp.api.application" in later
