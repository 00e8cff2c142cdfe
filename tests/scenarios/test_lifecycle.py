"""The real program: starts, notices the command line, ends in time with browsers open."""

import os
import re
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from bench.servers import free_port
from mailapp.store.database import connect

PASSWORD = "a sentence is best remembered"
ROOT = Path(__file__).parent.parent.parent


class Program:
    """`mailapp serve` in a process of its own, on free loopback ports."""

    def __init__(self, data_dir: Path) -> None:
        self.http, self.smtp = free_port(), free_port()
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("MAILAPP_")},
            "MAILAPP_DATA_DIR": str(data_dir),
            "MAILAPP_HTTP": f"127.0.0.1:{self.http}",
            "MAILAPP_SMTP": f"127.0.0.1:{self.smtp}",
            "MAILAPP_HOSTNAME": "mail.yuanye.example",
        }
        self.data_dir = data_dir
        self.url = f"http://127.0.0.1:{self.http}"
        self.process: subprocess.Popen[str] | None = None
        self.said: list[str] = []

    def run(self, *arguments: str, stdin: str = "") -> str:
        command = [sys.executable, "-m", "mailapp", *arguments]
        done = subprocess.run(
            command, input=stdin, env=self.env, cwd=ROOT, text=True, capture_output=True, timeout=60, check=True
        )
        return done.stdout

    def add_account(self, address: str, *options: str) -> None:
        self.run("account", "add", address, "--password-stdin", *options, stdin=PASSWORD + "\n")

    def start(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mailapp", "serve", *options],
            env=self.env,
            cwd=ROOT,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        ready = threading.Event()
        threading.Thread(target=self._listen, args=(self.process, ready), daemon=True).start()
        assert ready.wait(30), "".join(self.said)
        assert self.process.poll() is None, "".join(self.said)

    def _listen(self, process: "subprocess.Popen[str]", ready: threading.Event) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.said.append(line)
            if "/login" in line or "/setup?token=" in line:
                ready.set()
        ready.set()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> float:
        """End it; return how many seconds that took."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(how)
        self.process.wait(timeout=30)
        return time.monotonic() - began

    def log_in(self, address: str) -> httpx.Client:
        client = httpx.Client(base_url=self.url, headers={"Sec-Fetch-Site": "same-origin"}, timeout=10)
        answer = client.post("/login", data={"address": address, "password": PASSWORD})
        assert answer.status_code == 303, answer.status_code
        return client

    def deliver(self, subject: str, *recipients: str) -> None:
        letter = EmailMessage()
        letter["Subject"] = subject
        letter["From"] = "zhou@sanlian.example"
        letter.set_content("x")
        with smtplib.SMTP("127.0.0.1", self.smtp, timeout=10) as client:
            client.sendmail("zhou@sanlian.example", list(recipients), letter.as_bytes())


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    program = Program(tmp_path / "data")
    yield program
    if program.process is not None and program.process.poll() is None:
        program.process.kill()
        program.process.wait()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_within_two_seconds_with_streams_and_smtp_sessions_open(program: Program, how: signal.Signals) -> None:
    program.add_account("lin@yuanye.example", "--admin")
    program.start()
    with closing(program.log_in("lin@yuanye.example")) as client, ExitStack() as streams:
        for _ in range(3):
            stream = streams.enter_context(client.stream("GET", "/events?since=0", timeout=30))
            assert stream.status_code == 200
        idle = smtplib.SMTP("127.0.0.1", program.smtp, timeout=10)
        program.deliver("kept", "lin@yuanye.example")
        assert program.stop(how) < 2
        idle.close()
    assert program.process is not None
    assert program.process.returncode == 0
    assert "Traceback" not in "".join(program.said)
    db = connect(program.data_dir / "emails.db", read_only=True)
    assert db.execute("SELECT subject FROM messages").fetchall() == [("kept",)]
    db.close()


def test_the_first_start_prints_a_setup_link_that_makes_the_admin(program: Program) -> None:
    program.start()
    link = re.search(r"/setup\?token=\S+", "".join(program.said))
    assert link
    with httpx.Client(base_url=program.url, headers={"Sec-Fetch-Site": "same-origin"}, timeout=10) as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        assert client.get(link[0]).status_code == 200
        form = {"local": "lin", "domain": "yuanye.example", "name": "林越", "password": PASSWORD, "catch_all": "1"}
        answer = client.post("/setup", data={**form, "token": link[0].partition("=")[2]})
        assert answer.status_code == 303
        assert client.get("/mail/inbox").status_code == 200
        assert client.get(link[0]).status_code == 404
    program.deliver("to anybody", "whoever@yuanye.example")
    assert "lin@yuanye.example\tadmin" in program.run("account", "list")


def test_the_running_server_notices_what_the_command_line_does(program: Program) -> None:
    program.add_account("lin@yuanye.example", "--admin")
    program.start()
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        program.deliver("too early", "ana@yuanye.example")
    program.add_account("ana@yuanye.example")
    _until(lambda: _accepted(program, "ana@yuanye.example"))
    with closing(program.log_in("ana@yuanye.example")) as client:
        assert client.get("/mail/inbox").status_code == 200
        program.run("account", "disable", "ana@yuanye.example")
        _until(lambda: client.get("/mail/inbox").status_code == 303)


def _accepted(program: Program, address: str) -> bool:
    try:
        program.deliver("now", address)
    except smtplib.SMTPRecipientsRefused:
        return False
    return True


def _until(holds: "object", seconds: float = 10) -> None:
    """Ask until it holds: what is waited for happens in another process that has no way to tell us."""
    assert callable(holds)
    pause = threading.Event()
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        pause.wait(0.05)


def test_a_second_server_on_the_same_data_is_refused_in_one_line(program: Program) -> None:
    program.start()
    done = subprocess.run(
        [sys.executable, "-m", "mailapp", "serve"],
        env=program.env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 1
    assert "already runs" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_taken_port_is_said_in_one_line(program: Program) -> None:
    with closing(socket.create_server(("127.0.0.1", program.http))):
        done = subprocess.run(
            [sys.executable, "-m", "mailapp", "serve"],
            env=program.env,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=30,
        )
    assert done.returncode == 1
    assert "in use" in done.stderr
    assert "Traceback" not in done.stderr
