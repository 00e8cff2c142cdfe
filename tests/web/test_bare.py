"""Scripts and styles as they are sent: shorter, and saying the same."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from mailapp.web.bare import bare_script, bare_style
from tests.chromium import chromium

STATIC = Path(__file__).parent.parent.parent / "static"
SCRIPTS = sorted((STATIC / "js").glob("*.js"))


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


def test_comments_and_indentation_go_and_strings_stay() -> None:
    script = b"""// What it does.
(() => {
  /** A word
   *  about it. */
  const url = "https://a.example"; // why
  if (url) { // 'quoted'
    go("// not a comment , ");
  }
  return a === b ? { c: "x = 1" } : (d) => d > / = /;
})();
"""
    assert bare_script(script) == (
        b'(()=>{\nconst url="https://a.example";\nif (url) { // \'quoted\'\ngo("// not a comment , ");\n}\n'
        b'return a === b ? { c: "x = 1" } : (d) => d > / = /;\n})();'
    )
    assert bare_style(
        b"/* a */\n.a:is(b, c) > d { color: red; } /* b\n c */\n\n  .b::before { content: ', ; '; }\n"
    ) == (b".a:is(b,c) > d{color:red}.b::before{content:', ; '}")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_our_scripts_have_no_literal_over_several_lines(path: Path) -> None:
    """Their indentation would be lost."""
    assert all(line.count("`") % 2 == 0 for line in path.read_text("utf-8").splitlines())


async def test_what_is_sent_are_still_scripts(browser: Browser) -> None:
    page = await browser.new_page()
    for path in SCRIPTS:
        await page.evaluate("script => { new Function(script); }", bare_script(path.read_bytes()).decode())
