"""Making and renaming folders and labels: what is said where a name will not do."""

from collections.abc import Awaitable, Iterable
from typing import TypeVar

from quart import Response, abort

from mailapp.flow.folders import NAME_LONGEST, BadName, path_of
from mailapp.store.labels import LABELS
from mailapp.store.mailboxes import DEPTH, OWN
from mailapp.store.names import NameTaken, NotInItself, TooDeep, TooMany
from mailapp.web.errors import say
from mailapp.web.folders import Folder
from mailapp.web.fragments import answer, is_fragment
from mailapp.web.reader import current_reader
from mailapp.web.toasts import Toast, toasted

T = TypeVar("T")


def called(name: str, among: Iterable[Folder]) -> Folder | None:
    """The one of these folders or labels that has this name already, upper and lower case alike."""
    try:
        wanted = "/".join(path_of(name)).casefold()
    except BadName:
        return None
    return next((each for each in among if each.name.casefold() == wanted), None)


async def tried(work: Awaitable[T]) -> tuple[T | None, str]:
    """(what it made, "") or (None, why not in the reader's language). 404 for what is not the account's."""
    _ = current_reader().gettext
    try:
        return await work, ""
    except LookupError:
        abort(404)
    except BadName:
        text = _("A name has 1 to {most} characters.").format(most=NAME_LONGEST)
    except NameTaken as taken:
        text = _("There is one called “{name}” already.").replace("{name}", str(taken))
    except TooMany:
        text = _("That is as many as an account can have: {most}.").format(most=max(OWN, LABELS))
    except TooDeep:
        text = _("Folders can lie {most} deep in each other.").format(most=DEPTH)
    except NotInItself:
        text = _("A folder cannot lie in itself.")
    return None, text


async def said_no(text: str) -> Response:
    """A refusal: a toast beside the dialog, which stays; or a page."""
    if is_fragment():
        return await answer(toasted(Toast(text, seconds=5)))
    return await say(422, text)
