"""What a toast says."""

from dataclasses import dataclass

from markupsafe import Markup

from mailapp.web.context import site
from mailapp.web.frames import live
from mailapp.web.reader import current_reader

UNDO_S = 10
"""Seconds an undo is offered for."""


@dataclass(frozen=True, slots=True)
class Toast:
    text: str
    undo_id: int = 0
    """0 where nothing undoes it."""
    seconds: int = UNDO_S


def toasted(toast: Toast) -> Markup:
    """A partial that adds a toast to the page."""
    pages, language = site().pages, current_reader().language
    return live(pages, language, "toasted", pages.macro(language, "toast", "toast/toast")(toast))
