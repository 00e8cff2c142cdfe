"""mailapp check: against a DNS server on loopback, for people and for programs, with an exit code for both."""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailapp.cli import main
from mailapp.commands.check import check
from mailapp.config import load
from mailapp.flow.check_child import in_child
from mailapp.flow.check_choices import checked, put_choices
from mailapp.flow.check_finding import Finding, Plan, RunFailed
from mailapp.store.database import connect, transact
from tests.zones import DOMAIN, HOST, Zone, good, zone


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Zone]:
    """A good zone on a loop of its own, a domain, and no optional policy that would need a web server."""
    monkeypatch.setenv("MAILAPP_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("MAILAPP_HOSTNAME", HOST)
    monkeypatch.setenv("MAILAPP_SMTP", "127.0.0.1:1")  # where nothing listens
    CliRunner().invoke(main, ["domain", "add", DOMAIN])
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    running = zone()
    made = asyncio.run_coroutine_threadsafe(running.__aenter__(), loop).result(10)
    yield good(made).put(f"_mta-sts.{DOMAIN}", "TXT")
    asyncio.run_coroutine_threadsafe(running.__aexit__(None, None, None), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def run(served: Zone, *arguments: str) -> Result:
    return CliRunner().invoke(check, ["--dns", f"127.0.0.1:{served.port}", *arguments])


def test_a_domain_in_order_is_told_so_and_exits_0(served: Zone) -> None:
    result = run(served, "--domain", "Yuanye.example")
    assert result.exit_code == 0, result.output
    assert f"✓ MX: {HOST}" in result.output
    assert "Nothing is wrong." in result.output


def test_what_is_wrong_exits_1_with_the_record_to_copy_in_the_language_asked_for(served: Zone) -> None:
    served.put(DOMAIN, "MX", "10 other.example.")
    result = run(served, "--domain", DOMAIN, "--language", "zh-CN")
    assert result.exit_code == 1
    assert f"{DOMAIN}.  MX  10 {HOST}." in result.output
    assert "其他服务器" in result.output or "邮件" in result.output


def test_programs_get_the_same_as_json(served: Zone) -> None:
    result = run(served, "--json")
    data = json.loads(result.output)
    found = {each["name"]: each for each in data["findings"]}
    assert (result.exit_code, data["ok"]) == (1, False)  # nothing listens in this test
    assert (found["listener"]["state"], found["mx"]["state"]) == ("bad", "ok")
    assert found["mx"]["text"].startswith(HOST)
    assert found["host"]["remedies"] == [] or found["host"]["remedies"][0]["kind"] == "record"


def test_a_slip_is_explained_in_one_line(served: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(served, "--domain", "nowhere.example")
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert "not the address of a DNS server" in CliRunner().invoke(check, ["--dns", "nonsense"]).output
    monkeypatch.setenv("MAILAPP_HTTP", "nonsense")
    assert "MAILAPP_HTTP" in run(served).output


def test_the_program_runs_it_with_its_arguments(served: Zone) -> None:
    line = [sys.executable, "-m", "mailapp", "check", "--dns", f"127.0.0.1:{served.port}", "--domain", DOMAIN, "--json"]
    done = subprocess.run(line, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["ok"]


async def test_the_server_runs_it_in_a_process_of_its_own(served: Zone, tmp_path: Path) -> None:
    db = connect(tmp_path / "data" / "emails.db")
    transact(db, put_choices, checked(f"127.0.0.1:{served.port}", "", "", mails=True))
    db.close()
    settings = load({"MAILAPP_DATA_DIR": str(tmp_path / "data"), "MAILAPP_HOSTNAME": HOST})
    found = [each async for each in in_child(settings, [("127.0.0.1", 1)], DOMAIN)]
    assert isinstance(found[0], Plan)
    assert {each.key for each in found[1:] if isinstance(each, Finding)} == set(found[0].keys)
    with pytest.raises(RunFailed):
        [each async for each in in_child(settings, [("127.0.0.1", 1)], "nowhere.example")]
