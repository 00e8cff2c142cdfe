"""mailapp token: made, listed and revoked on the command line."""

import re

import pytest

from tests.commands.test_commands import Cli, cli

__all__ = ["cli"]


def test_a_token_is_printed_alone_and_listed_without_itself(cli: Cli) -> None:
    cli("account", "add", "lin@yuanye.example", "--admin", "--password-stdin")
    made = cli("token", "add", "lin@yuanye.example")
    assert re.fullmatch(r"mailapp_[\w-]{43}\n", made.output)
    limited = ("--scope", "codes", "--address", "Shop@Yuanye.Example", "--expires", "30", "--name", "the till")
    assert cli("token", "add", "lin@yuanye.example", *limited).exit_code == 0
    listed = cli("token", "list").output
    assert made.output.strip() not in listed
    second, first = (line.split("\t") for line in listed.splitlines())
    assert first[:4] == ["1", "lin@yuanye.example", "read,codes", "-"]
    assert first[5:] == ["-", "-", "-"]
    assert second[2:4] == ["codes", "shop@yuanye.example"]
    assert second[5] > second[4]
    assert second[7] == "the till"


def test_a_token_is_revoked_by_its_number_or_itself(cli: Cli) -> None:
    cli("account", "add", "lin@yuanye.example", "--admin", "--password-stdin")
    secret = cli("token", "add", "lin@yuanye.example").output.strip()
    cli("token", "add", "lin@yuanye.example")
    assert cli("token", "revoke", secret).output == "Token 1 revoked.\n"
    assert cli("token", "revoke", "2").exit_code == 0
    assert cli("token", "list", "lin@yuanye.example").output == ""
    again = cli("token", "revoke", "2")
    assert (again.exit_code, "no such token" in again.output) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nobody@yuanye.example",), "no account"),
        (("lin@yuanye.example", "--address", "nonsense"), "not an address"),
        (("lin@yuanye.example", "--expires", "0"), "number of days"),
        (("lin@yuanye.example", "--scope", "all"), "not one of"),
    ],
)
def test_what_is_wrong_with_a_token_is_said(cli: Cli, arguments: tuple[str, ...], says: str) -> None:
    cli("account", "add", "lin@yuanye.example", "--admin", "--password-stdin")
    made = cli("token", "add", *arguments)
    assert made.exit_code != 0
    assert says in made.output
    assert cli("token", "list").output == ""


@pytest.mark.parametrize(("more", "left"), [((), 1), (("--revoke-tokens",), 0)])
def test_a_new_password_leaves_tokens_unless_they_are_revoked(cli: Cli, more: tuple[str, ...], left: int) -> None:
    cli("account", "add", "lin@yuanye.example", "--admin", "--password-stdin")
    cli("token", "add", "lin@yuanye.example")
    assert cli("account", "password", "lin@yuanye.example", "--password-stdin", *more).exit_code == 0
    assert len(cli("token", "list").output.splitlines()) == left
