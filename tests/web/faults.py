"""What axe finds on a page, what sticks out of it sideways, and what a finger cannot hit.

A run of axe costs twice what the page does. Of its rules only contrast depends on the colour scheme, so that the other
scheme needs that one rule, and what fits is measured at every width without axe.
"""

from pathlib import Path
from typing import Any, Literal

from axe_playwright_python.async_playwright import Axe
from axe_playwright_python.base import AxeResults
from playwright.async_api import Page, ViewportSize

Look = tuple[tuple[int, int], str, str]
"""Size, language, scheme."""
WIDTHS = [(320, 568), (390, 844), (820, 1180), (1440, 900)]
LOOKS: tuple[Look, ...] = (((320, 568), "en", "dark"), ((1440, 900), "zh-CN", "light"))
"""With `faultless_everywhere`: both ends of the widths with all of axe, every width and scheme with its contrasts."""
NEIGHBOURS = {320: WIDTHS[1], 390: WIDTHS[1], 1440: WIDTHS[2]}
"""Sizes at which the other scheme is looked at."""

QUICK: dict[str, Any] = {"resultTypes": ["violations"], "preload": False, "iframes": False}
"""`preload` fetches every style sheet again, for rules that are not on; frames of mail are waited for, in vain."""
CONTRAST = {**QUICK, "runOnly": ["color-contrast"]}
RUN = "options => axe.run(document, options).then(({violations}) => violations)"
AXE = Axe()
PREFERENCES = ("color-scheme: dark", "reduced-motion: reduce")
PHONE = 699
"""Widest page with the targets of a finger."""
LEAST = 44
"""Their least size in px."""
SMALL = Path(__file__).with_name("targets.js").read_text()
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


async def faultless(page: Page, what: str = "", options: dict[str, Any] = QUICK) -> None:
    """Nothing axe can find, and nothing scrolls sideways."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.axe_script)
    found = AxeResults({"violations": await page.evaluate(RUN, options)})
    assert found.violations_count == 0, f"{what or page.url}: {found.generate_report()}"
    await fits(page, what)


async def faultless_everywhere(page: Page, what: str = "") -> None:
    """Faultless as it is; its contrasts in the other scheme at a neighbouring size; and nothing sticks out anywhere."""
    await faultless(page, what)
    size = page.viewport_size
    assert size is not None
    dark, still = [await page.evaluate(f"matchMedia('(prefers-{each})').matches") for each in PREFERENCES]
    for width, height in (*(each for each in WIDTHS if each[0] != size["width"]), NEIGHBOURS[size["width"]]):
        await page.set_viewport_size(ViewportSize(width=width, height=height))
        await fits(page, f"{what} at {width}")
    # colours that are on their way would be measured in between
    await page.emulate_media(color_scheme="light" if dark else "dark", reduced_motion="reduce")
    await faultless(page, f"{what} in the other scheme", CONTRAST)
    before: Literal["dark", "light"] = "dark" if dark else "light"
    await page.emulate_media(color_scheme=before, reduced_motion="reduce" if still else "no-preference")
    await page.set_viewport_size(size)


async def fits(page: Page, what: str = "") -> None:
    """Nothing scrolls sideways, and on a phone everything that can be pressed is large enough for a finger."""
    wide = await page.evaluate(TOO_WIDE)
    assert wide <= 0, f"{what or page.url} scrolls sideways by {wide} px"
    if page.viewport_size is not None and page.viewport_size["width"] <= PHONE:
        small = await page.evaluate(SMALL, LEAST)
        assert small == [], f"{what or page.url} has targets below {LEAST} px: {small}"
