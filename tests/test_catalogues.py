"""Every word on every page exists in every language, and the compiled catalogues are the ones in the source."""

import re
from io import BytesIO
from pathlib import Path
from typing import IO

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

from mailapp.i18n import DOMAIN, LANGUAGES, language_names, languages_in, negotiate, translations

ROOT = Path(__file__).parent.parent
LOCALE = ROOT / "mailapp" / "locale"
CATALOGUES = sorted(LOCALE.glob("*/LC_MESSAGES/mailapp.po"))
METHODS = [("mailapp/**.py", "python"), ("templates/**.html", "jinja2")]
OPTIONS = {"templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true"}}


def _catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, abort_invalid=True)


def _used() -> set[str]:
    found = set()
    for directory, methods in (("mailapp", METHODS[:1]), ("templates", METHODS[1:])):
        pairs = [(pattern.removeprefix(directory + "/"), method) for pattern, method in methods]
        options = {pattern.removeprefix(directory + "/"): value for pattern, value in OPTIONS.items()}
        for _, _, message, _, _ in extract_from_dir(ROOT / directory, pairs, options):
            found.add(message[0] if isinstance(message, tuple) else message)
    return found


def test_there_is_a_catalogue_for_every_language_but_the_sources() -> None:
    assert {path.parent.parent.name.replace("_", "-") for path in CATALOGUES} == set(LANGUAGES) - {"en"}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parent.parent.name)
def test_every_message_in_use_is_translated(path: Path) -> None:
    catalogue = _catalogue(path)
    used = _used()
    assert len(used) > 50
    missing = [text for text in used if catalogue.get(text) is None or not catalogue.get(text).string]
    assert missing == []
    plurals = [message for message in catalogue if isinstance(message.string, tuple)]
    assert all(all(message.string) for message in plurals)
    assert not [message.id for message in catalogue if message.id and message.fuzzy]


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parent.parent.name)
def test_placeholders_are_the_same_in_every_language(path: Path) -> None:
    for message in _catalogue(path):
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        wanted = set(re.findall(r"\{\w+\}|%\(\w+\)s", " ".join(ids)))
        for string in strings:
            assert set(re.findall(r"\{\w+\}|%\(\w+\)s", string)) == wanted, message.id


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parent.parent.name)
def test_the_compiled_catalogue_is_current(path: Path) -> None:
    compiled = BytesIO()
    write_mo(compiled, _catalogue(path))
    compiled.seek(0)
    with path.with_suffix(".mo").open("rb") as committed:
        # by message: the bytes also name the version of Babel that wrote them
        assert _messages(committed) == _messages(compiled), "run bin/catalogues"


def _messages(compiled: IO[bytes]) -> tuple[str, list[tuple[str | None, object, object]]]:
    catalogue = read_mo(compiled)
    return catalogue.plural_forms, [(each.context, each.id, each.string) for each in catalogue if each.id]


@pytest.mark.parametrize(
    ("accept", "choice", "language"),
    [
        ("", "", "zh-CN"),
        ("zh-TW,zh;q=0.9,en;q=0.8", "", "zh-CN"),
        ("en-GB,en;q=0.9,zh;q=0.8", "", "en"),
        ("de-DE,de;q=0.9", "", "en"),
        ("zh;q=0.3,en;q=0.9", "", "en"),
        ("en", "zh-CN", "zh-CN"),
        ("en", "klingon", "en"),
        (";;;q=,*;q=nonsense", "", "zh-CN"),
    ],
)
def test_the_readers_language(accept: str, choice: str, language: str) -> None:
    assert negotiate(accept, choice) == language


def test_chinese_speaks_chinese() -> None:
    assert translations("zh-CN").gettext("Inbox") == "收件箱"
    assert translations("en").gettext("Inbox") == "Inbox"


def test_a_language_is_added_by_adding_a_folder(tmp_path: Path) -> None:
    assert languages_in(tmp_path) == ("zh-CN", "en")
    for name in ("pt_BR", "de", "zh_CN"):
        folder = tmp_path / name / "LC_MESSAGES"
        folder.mkdir(parents=True)
        with (folder / f"{DOMAIN}.mo").open("wb") as file:
            write_mo(file, Catalog(name))
    (tmp_path / "fr" / "LC_MESSAGES").mkdir(parents=True)  # not compiled yet
    assert languages_in(tmp_path) == ("zh-CN", "en", "de", "pt-BR")


def test_languages_are_offered_in_their_own_words() -> None:
    assert language_names() == (("zh-CN", "中文"), ("en", "English"))
