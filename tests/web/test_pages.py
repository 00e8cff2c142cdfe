"""What is done once instead of on every page gives what doing it each time would."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from markupsafe import Markup

from mailapp import resources
from mailapp.web import pages
from mailapp.web.folders import SidebarItem
from mailapp.web.pages import PLAIN_ICON, Pages
from mailapp.web.rows import Row

TEMPLATES = resources.root() / "templates"
ITEM = SidebarItem("archive", "/mail/archive", "归档", 3, current=False)
ROW = Row(
    id=7, href="/messages/7", sender="周婧", alias="", subject="<b>合同</b>", preview="请看", time="10:21",
    iso="2026-11-26T10:21:00+08:00", day="2026-11-26", day_label="今天", seen=False, flagged=True, attachments=True,
    bounced=False, show_day=False,
)  # fmt: skip


@pytest.fixture(scope="module")
def shown() -> Pages:
    return Pages(resources.root())


def plain_icons() -> Iterator[tuple[Path, re.Match[str]]]:
    for path in TEMPLATES.rglob("*.html"):
        for found in PLAIN_ICON.finditer(path.read_text(encoding="utf-8")):
            yield path, found


def test_an_icon_is_put_into_a_template_as_its_macro_makes_it(shown: Pages) -> None:
    environment = shown._environments["en"]
    icon = shown.macro("en", "icon", "icon")
    assert len(list(plain_icons())) > 50
    for path, found in plain_icons():
        source = environment.preprocess(found[0], path.name)
        assert source == icon(found[1], int(found[2])), path


def test_every_icon_a_template_names_is_in_the_sprite_of_every_page_or_its_own() -> None:
    sprite = (TEMPLATES / "partials" / "sprite.svg").read_text(encoding="utf-8")
    for path, found in plain_icons():
        assert f'id="i-{found[1]}"' in sprite, path
    own = (TEMPLATES / "partials" / "compose" / "sprite.svg").read_text(encoding="utf-8")
    toolbar = (TEMPLATES / "partials" / "compose" / "toolbar.html").read_text(encoding="utf-8")
    tools = re.findall(r"""tool\("[a-z]+", _\("[^"]+"\), "([a-z-]+)"\)""", toolbar)
    assert len(tools) == 9
    for name in tools:
        assert (f'id="i-{name}"' in sprite) != (f'id="i-{name}"' in own), name


def test_a_remembered_folder_changes_with_what_it_shows(shown: Pages) -> None:
    link = shown.macro("zh-CN", "folder_link", "mailbox/folder")
    first = link(ITEM)
    assert ">3</span>" in first
    assert ">4</span>" in link(replace(ITEM, count=4))
    assert 'aria-current="page"' in link(replace(ITEM, current=True))
    assert link(ITEM) == first


def test_remembered_buttons_are_those_of_the_folder_and_the_language(shown: Pages) -> None:
    made = {
        (language, role): shown.macro(language, "selection_acts", "filing/acts")(role)
        for language, role in product(("zh-CN", "en"), ("inbox", "trash", "drafts"))
    }
    assert len(set(made.values())) == len(made)
    assert 'value="restore"' in made["en", "trash"]
    assert "垃圾邮件" in made["zh-CN", "inbox"]
    assert 'name="to" value="junk"' not in made["en", "drafts"]


def test_rows_together_are_each_row_on_a_line_of_its_own(shown: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, one = shown.macro("en", "message_rows", "message/row"), shown.macro("en", "message_row", "message/row")
    two = (ROW, replace(ROW, id=8, seen=True))
    assert rows(two, 8) == Markup("\n").join([one(two[0]), one(two[1], 8)])
    assert 'aria-current="true"' in one(two[1], 8)
    assert "&lt;b&gt;合同&lt;/b&gt;" in rows(two)
    monkeypatch.setattr(pages, "ROW_KEPT_BELOW", 10)
    assert Pages(resources.root()).macro("en", "message_rows", "message/row")(two, 8) == rows(two, 8)
