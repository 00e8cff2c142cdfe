"""install.sh at a terminal: what it asks, and that it asks no more than it must."""

import contextlib
import os
import pty
import re
import select
import termios
import time
from pathlib import Path

import pytest

from tests.deploy.script import LIBRARY, ROOT, Shell

SECRETS = ("short", "correct horse battery", "correct horse batterie", "SG.secret-key")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def at_terminal(shell: Shell, lines: str, answers: list[tuple[str, str]], *arguments: str) -> str:
    """Everything that stands on the terminal when these lines have run, each question answered as it appears."""
    parts = "\n".join(f'. "{part}"' for part in sorted(LIBRARY.glob("*.sh"), key=lambda each: each.stem != "base"))
    script = f'set -euo pipefail\nhere="{ROOT}"\n{parts}\nSETTINGS=/none\nparse_options "$@"\nchoose_language\n{lines}'
    child, terminal = pty.fork()
    if child == 0:
        environment = {"PATH": f"{shell.bin}:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "zh_CN.UTF-8"}
        os.execvpe("bash", ["bash", "-c", script, "install.sh", *arguments], environment)
    seen, waiting, until = "", list(answers), time.monotonic() + 20
    while time.monotonic() < until:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                got = os.read(terminal, 4096)
            except OSError:
                break
            if not got:
                break
            seen += got.decode(errors="replace")
        hidden = not termios.tcgetattr(terminal)[3] & termios.ECHO
        # nobody types a password before the terminal has stopped showing what is typed
        if waiting and waiting[0][0] in seen.rpartition("\x00")[2] and hidden is (waiting[0][1] in SECRETS):
            # what was asked before is not asked again
            seen += "\x00"
            os.write(terminal, f"{waiting.pop(0)[1]}\n".encode())
    with contextlib.suppress(OSError):
        os.close(terminal)
    os.waitpid(child, 0)
    assert not waiting, (waiting, seen)
    return seen.replace("\x00", "").replace("\r", "")


def test_it_asks_for_language_domain_host_admin_and_password_and_nothing_else(shell: Shell) -> None:
    said = at_terminal(
        shell,
        'gather_answers; gather_password; echo "= $LANGUAGE $DOMAIN $HOST $ADMIN ${#PASSWORD}"',
        [
            ("[1]: ", "2"),
            ("Domain to receive mail for", "Example.com"),
            ("Name of this machine [mail.Example.com]: ", ""),
            ("Address of the admin [admin@Example.com]: ", "lin@example.com"),
            ("Password of the admin", "short"),
            ("Too short: 12 characters or more.\r\nPassword of the admin", "correct horse battery"),
            ("Once more: ", "correct horse batterie"),
            ("They differ.\r\nPassword of the admin", "correct horse battery"),
            ("Once more: ", "correct horse battery"),
        ],
    )
    assert said.rstrip().endswith("= en example.com mail.example.com lin@example.com 21")
    assert "correct" not in said, "a password is not shown while it is typed"
    questions = [line for line in said.splitlines() if re.search(r": ?$|\]: ", line)]
    assert len(questions) == 6 + 2, questions  # the password twice more, for the two mistakes


def test_what_is_given_or_known_is_not_asked(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("correct horse battery\n")
    flags = ("--domain", "example.com", "--host", "mx.example.com", "--admin", "lin@example.com", "--language", "zh-CN")
    said = at_terminal(
        shell, 'gather_answers; gather_password; echo "= $HOST ${#PASSWORD}"', [], *flags,
        "--password-file", str(tmp_path / "password"),
    )  # fmt: skip
    assert said == "= mx.example.com 21\n"


def test_without_a_domain_the_pages_stay_on_this_machine(shell: Shell) -> None:
    lines = "gather_answers; own_settings | grep HTTP; show_tunnel"
    answers = [("还没有就留空", ""), ("这台主机的名字", ""), ("管理员的邮箱地址", "lin@localhost.localdomain")]
    said = at_terminal(shell, lines, answers, "--language", "zh-CN")
    assert "MAILAPP_HTTP=127.0.0.1:2099" in said
    assert "ssh -L 2099:127.0.0.1:2099 root@" in said


def test_a_relay_is_offered_and_set_up_from_its_key_which_is_not_shown(shell: Shell, tmp_path: Path) -> None:
    shell.stand_in("runuser", f'case "$*" in *"relay list") ;; *"relay set"*) cat >"{tmp_path}/key" ;; esac')
    answers = [("[y/N] ", "y"), ("[sendgrid]: ", ""), ("API", "SG.secret-key")]
    said = at_terminal(
        shell, "ADMIN=lin@example.com; offer_relay", answers, "--language", "zh-CN", "--domain", "example.com"
    )
    assert (tmp_path / "key").read_text() == "SG.secret-key\n"
    assert "secret" not in said
    assert any("relay set --preset sendgrid --username apikey --password-stdin" in call for call in shell.calls())
    assert any("relay test --to lin@example.com --from lin@example.com" in call for call in shell.calls())
