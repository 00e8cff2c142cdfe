"""Administration on the command line, by the real program."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailapp.cli import main
from mailapp.store import accounts
from mailapp.store.database import connect

PASSWORD = "a sentence is best remembered\n"


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Cli":
    monkeypatch.setenv("MAILAPP_DATA_DIR", str(tmp_path / "data"))
    return Cli(tmp_path / "data" / "emails.db")


class Cli:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, *arguments: str, stdin: str = PASSWORD) -> Result:
        return CliRunner().invoke(main, arguments, input=stdin)


def test_an_account_is_made_with_its_domain_and_listed(cli: Cli) -> None:
    result = cli("account", "add", "Lin@Yuanye.Example", "--admin", "--name", "林越", "--password-stdin")
    assert result.exit_code == 0, result.output
    assert cli("account", "list").output == "lin@yuanye.example\tadmin\tactive\t林越\n"
    assert cli("domain", "list").output == "yuanye.example\tactive\t-\n"


def test_the_command_line_makes_no_catch_all_unless_asked(cli: Cli) -> None:
    cli("account", "add", "lin@yuanye.example", "--password-stdin")
    assert cli("domain", "add", "yuanye.example", "--catch-all", "lin@yuanye.example").exit_code == 0
    assert cli("domain", "list").output == "yuanye.example\tactive\tlin@yuanye.example\n"


@pytest.mark.parametrize(
    ("arguments", "stdin", "says"),
    [
        (("account", "add", "no-address", "--password-stdin"), PASSWORD, "not an address"),
        (("account", "add", "ana@yuanye.example", "--password-stdin"), "short\n", "at least 12"),
        (("account", "add", "lin@yuanye.example", "--password-stdin"), PASSWORD, "already"),
        (("account", "disable", "nobody@yuanye.example"), "", "no account"),
        (("account", "disable", "lin@yuanye.example"), "", "last admin"),
        (("account", "delete", "lin@yuanye.example", "--yes"), "", "last admin"),
        (("domain", "remove", "yuanye.example"), "", "accounts have their address"),
        (("domain", "remove", "other.example"), "", "no domain"),
        (("domain", "add", "not a domain"), "", "not a domain"),
        (("address", "add", "x@y.example", "nobody@yuanye.example"), "", "no account"),
        (("address", "remove", "lin@yuanye.example", "lin@yuanye.example"), "", "own address"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(cli: Cli, arguments: tuple[str, ...], stdin: str, says: str) -> None:
    cli("account", "add", "lin@yuanye.example", "--admin", "--password-stdin")
    result = cli(*arguments, stdin=stdin)
    assert result.exit_code != 0
    assert says in result.output
    assert "Traceback" not in result.output


def test_a_password_is_never_kept_in_plain(cli: Cli) -> None:
    cli("account", "add", "lin@yuanye.example", "--password-stdin")
    db = connect(cli.path)
    account = accounts.by_address(db, "lin@yuanye.example")
    db.close()
    assert account is not None
    assert account.password_hash.startswith("$2b$")
    assert PASSWORD.strip().encode() not in cli.path.read_bytes()


def test_aliases_come_and_go(cli: Cli) -> None:
    cli("account", "add", "lin@yuanye.example", "--password-stdin")
    cli("account", "add", "ana@yuanye.example", "--password-stdin")
    assert cli("address", "add", "Team@Yuanye.example", "lin@yuanye.example", "ana@yuanye.example").exit_code == 0
    assert cli("address", "list").output.count("team@yuanye.example\t") == 2
    assert cli("address", "remove", "team@yuanye.example", "lin@yuanye.example").exit_code == 0
    assert cli("address", "list").output.count("team@yuanye.example\t") == 1


def test_a_second_account_can_be_deleted_with_its_addresses(cli: Cli) -> None:
    cli("account", "add", "lin@yuanye.example", "--admin", "--password-stdin")
    cli("account", "add", "ana@yuanye.example", "--password-stdin")
    assert cli("account", "delete", "ana@yuanye.example", "--yes").exit_code == 0
    assert "ana@" not in cli("account", "list").output + cli("address", "list").output


def test_a_wrong_setting_stops_with_a_line_that_names_it(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILAPP_HTTP", "nowhere")
    result = cli("serve")
    assert result.exit_code == 1
    assert "MAILAPP_HTTP" in result.output


def test_a_quota_is_set_shown_and_taken_away(cli: Cli) -> None:
    cli("account", "add", "lin@yuanye.example", "--password-stdin")
    assert cli("account", "quota", "lin@yuanye.example", "2GB").output == "lin@yuanye.example: 0 B of 2.0 GB\n"
    assert cli("account", "quota", "lin@yuanye.example").output == "lin@yuanye.example: 0 B of 2.0 GB\n"
    assert cli("account", "quota", "lin@yuanye.example", "none").output == "lin@yuanye.example: 0 B of any size\n"
    wrong = cli("account", "quota", "lin@yuanye.example", "much")
    assert wrong.exit_code != 0
    assert "is not a size" in wrong.output
