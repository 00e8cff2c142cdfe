"""Mail out of an account and into another on the command line, by the real program."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mailapp.cli import main
from mailapp.store import audit, contents, transfers
from mailapp.store.database import connect

PASSWORD = "a sentence is best remembered\n"
LETTER = b"Subject: %d\nMessage-ID: <%d@x>\nDate: Mon, 19 Feb 2024 21:07:26 +0000\n\nFrom here\n"


class Cli:
    def __init__(self, tmp_path: Path) -> None:
        self.path = tmp_path
        for name in ("lin", "ann"):
            self("account", "add", f"{name}@a.example", "--password-stdin", stdin=PASSWORD)

    def __call__(self, *arguments: str, stdin: str = "") -> Result:
        return CliRunner().invoke(main, arguments, input=stdin)

    def letter(self, number: int) -> str:
        file = self.path / f"{number}.eml"
        file.write_bytes(LETTER % (number, number))
        return str(file)


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.setenv("MAILAPP_DATA_DIR", str(tmp_path / "data"))
    return Cli(tmp_path)


@pytest.mark.parametrize(("file", "begins"), [("lin.mbox", b"From "), ("lin.zip", b"PK")])
def test_mail_goes_out_of_one_account_and_into_another(cli: Cli, file: str, begins: bytes) -> None:
    result = cli("import", "lin@a.example", cli.letter(1), cli.letter(2))
    assert result.output == "2 messages filed, 0 were there already, 0 cannot be used.\n"
    out = cli.path / file
    assert "2 messages of lin@a.example" in cli("export", "lin@a.example", str(out)).output
    assert out.read_bytes().startswith(begins)
    assert oct(out.stat().st_mode)[-3:] == "600"
    assert "already" in cli("account", "export", "lin@a.example", str(out)).output
    assert "2 messages filed" in cli("account", "import", "ann@a.example", str(out)).output
    assert "0 messages filed, 2 were there already" in cli("import", "ann@a.example", str(out)).output
    db = connect(cli.path / "data" / "emails.db")
    acts = [(each.what, each.about, each.to) for each in audit.page(db, 0, 9)]
    db.close()
    assert acts[0] == ("account.imported", "ann@a.example", "2")
    assert acts[1][:2] == ("account.exported", "lin@a.example")


def test_what_holds_no_mail_is_said_in_one_line(cli: Cli) -> None:
    (cli.path / "x.png").write_bytes(b"\x89PNG")
    (cli.path / "x.zip").write_bytes(b"PK\x03\x04 rubbish")
    assert "holds no mail" in cli("import", "lin@a.example", str(cli.path / "x.png")).output
    assert "cannot be read" in cli("import", "lin@a.example", str(cli.path / "x.zip")).output
    assert "no account" in cli("import", "nobody@a.example", cli.letter(1)).output


def test_a_server_that_starts_amid_a_large_letter_breaks_the_import_off_in_words_and_the_next_goes_on(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = cli.path / "large.mbox"
    large.write_bytes(b"From a@b Mon Feb 19 21:07:26 2024\n" + LETTER % (1, 1) + b"x" * 70 * 20_000 + b"\n\n")
    file_imported = transfers.file_imported

    def swept_before(db: sqlite3.Connection, *arguments: Any) -> Any:
        contents.sweep(db)  # as a server does when it starts
        return file_imported(db, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(transfers, "file_imported", swept_before)
        result = cli("import", "lin@a.example", str(large))
    assert result.exit_code == 1
    assert "or mailapp was started. 0 messages were filed; import again" in result.output
    with closing(connect(cli.path / "data" / "emails.db")) as db:
        assert db.execute("SELECT count(*) FROM content_chunks").fetchone() == (0,)
    assert cli("import", "lin@a.example", str(large)).output.startswith("1 messages filed, 0 were there already")
