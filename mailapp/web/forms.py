"""Reading what forms post."""

from quart import abort
from werkzeug.datastructures import MultiDict

IDS_LIMIT = 500
"""Messages one form may name."""
ID_DIGITS = 18


def positive_id(value: str) -> int:
    """A positive id; anything else is 404, like an id nobody has."""
    if not value.isascii() or not value.isdigit() or len(value) > ID_DIGITS or int(value) == 0:
        abort(404)
    return int(value)


def message_ids(form: MultiDict[str, str]) -> list[int]:
    """Every `message` field as an id, each once. 400 for none or too many."""
    ids = list(dict.fromkeys(positive_id(value) for value in form.getlist("message")))
    if not ids or len(ids) > IDS_LIMIT:
        abort(400)
    return ids


def text(form: MultiDict[str, str], name: str, longest: int = 300) -> str:
    """One field, trimmed, without NUL and lone surrogates, cut at `longest` characters."""
    value = form.get(name, "").encode("utf-8", "ignore").decode("utf-8")
    return value.replace("\x00", "").strip()[:longest]
