"""What a toast says."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from markupsafe import Markup

from mailapp.values import dataclass
from mailapp.web.context import site
from mailapp.web.forms import ID_DIGITS
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
    asks: str = ""
    """Path that tells how work under way goes on."""
    undo_path: str = "/undos"
    """Where it is taken back."""
    undo_fields: tuple[tuple[str, str], ...] = ()
    """What is sent there in place of the id."""


def undone_by(values: Mapping[str, str]) -> Toast | None:
    """The toast of a page without scripts, which came here after an act: ?undo=<id>."""
    undo_id = values.get("undo", "")
    if not undo_id.isascii() or not undo_id.isdigit() or len(undo_id) > ID_DIGITS:
        return None
    return Toast(current_reader().gettext("Done."), int(undo_id))


def undoable(path: str, undo_id: int) -> str:
    """A path of a page without scripts that offers to take an act back; the path itself where nothing does (0)."""
    joint = "&" if urlsplit(path).query else "?"
    return f"{path}{joint}undo={undo_id}" if undo_id else path


def toasted(toast: Toast) -> Markup:
    """A partial that adds a toast to the page."""
    pages, language = site().pages, current_reader().language
    return live(pages, language, "toasted", pages.macro(language, "toast", "toast/toast")(toast))
