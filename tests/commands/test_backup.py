"""Backup and restore on the command line, by the real program."""

from pathlib import Path

import pyrage
import pytest
from click.testing import CliRunner, Result

from mailapp.cli import main
from mailapp.store import audit
from mailapp.store.database import connect

PASSWORD = "a sentence is best remembered\n"


class Cli:
    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.tmp_path = tmp_path
        self.at("here")
        self("account", "add", "lin@yuanye.example", "--admin", "--password-stdin", stdin=PASSWORD)

    def at(self, name: str) -> None:
        self.data_dir = self.tmp_path / name
        self._monkeypatch.setenv("MAILAPP_DATA_DIR", str(self.data_dir))

    def __call__(self, *arguments: str, stdin: str = "") -> Result:
        return CliRunner().invoke(main, arguments, input=stdin)


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    return Cli(tmp_path, monkeypatch)


def test_a_backup_is_the_one_file_that_was_named_and_is_restored_with_one_command(cli: Cli) -> None:
    file = cli.tmp_path / "b.tar.zst"
    assert cli("backup", str(file)).exit_code == 0
    assert "of this name already" in cli("backup", str(file)).output
    assert "is a directory" in cli("backup", str(cli.tmp_path)).output
    cli.at("there")
    result = cli("restore", str(file))
    assert result.exit_code == 0, result.output
    assert "1 accounts, 0 messages" in result.output
    assert cli("account", "list").output.startswith("lin@yuanye.example\tadmin")
    refused = cli("restore", str(file))
    assert refused.exit_code == 1
    assert "--force" in refused.output
    assert "before is" in cli("restore", str(file), "--force").output


def test_without_a_name_it_goes_where_the_daily_ones_are(cli: Cli) -> None:
    assert cli("backup").exit_code == 0
    held = list((cli.data_dir / "backups").glob("mailapp-*.tar.zst"))
    assert len(held) == 1
    db = connect(cli.data_dir / "emails.db")
    assert [each.what for each in audit.page(db, 0, 1)] == ["backup.made"]
    db.close()


def test_an_encrypted_one_asks_for_its_key(cli: Cli) -> None:
    identity, key, file = pyrage.x25519.Identity.generate(), cli.tmp_path / "key.txt", cli.tmp_path / "b"
    key.write_text(f"{identity}\n")
    assert "encrypted" in cli("backup", str(file), "--recipient", str(identity.to_public())).output
    assert "not a public key" in cli("backup", str(cli.tmp_path / "c"), "--recipient", "age1x").output
    cli.at("there")
    assert "--identity FILE" in cli("restore", str(file)).output
    assert cli("restore", str(file), "--identity", str(key)).exit_code == 0


def test_a_damaged_one_is_refused_in_one_line(cli: Cli) -> None:
    file = cli.tmp_path / "b.tar.zst"
    cli("backup", str(file))
    file.write_bytes(file.read_bytes()[:-10])
    cli.at("there")
    result = cli("restore", str(file))
    assert result.exit_code == 1
    assert "incomplete or was changed. Nothing was changed" in result.output
    assert not (cli.data_dir / "emails.db").exists()


def test_who_used_the_command_line_is_in_the_audit_log(cli: Cli) -> None:
    cli("domain", "add", "b.example")
    cli("address", "add", "shop@b.example", "lin@yuanye.example")
    cli("address", "remove", "shop@b.example", "lin@yuanye.example")
    cli("domain", "remove", "b.example")
    cli("token", "add", "lin@yuanye.example")
    cli("token", "revoke", "1")
    cli("relay", "set", "--host", "smtp.b.example", "--username", "u", "--password-stdin", stdin="secret-word\n")
    cli("relay", "remove", "smtp.b.example")
    cli("account", "password", "lin@yuanye.example", "--password-stdin", stdin=PASSWORD)
    db = connect(cli.data_dir / "emails.db")
    found = audit.page(db, 0, 20)
    db.close()
    assert [each.what for each in reversed(found)] == [
        "account.added", "domain.added", "address.added", "address.removed", "domain.removed", "token.added",
        "token.revoked", "relay.added", "relay.removed", "account.password",
    ]  # fmt: skip
    assert all(each.who.startswith(audit.COMMAND) for each in found)
    assert "secret-word" not in repr(found)
    assert "mailapp_" not in repr(found)
