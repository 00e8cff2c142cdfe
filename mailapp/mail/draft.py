"""What a compose page holds, as people typed it: nothing here need be right yet."""

import json
from dataclasses import asdict
from typing import Any

from mailapp.mail.charsets import clean
from mailapp.mail.message import MAX_ID, MAX_SUBJECT
from mailapp.values import dataclass

MAX_FIELD = 65_536
"""Characters of To, Cc and Bcc each: over a thousand recipients."""
MAX_TEXT = 1_048_576
"""Characters of the text."""
MAX_HTML = 2_097_152
"""Characters of the HTML; pictures are attachments, not part of it."""
MAX_REFERENCES = 100

_LIMITS = {
    "from_": 320, "to": MAX_FIELD, "cc": MAX_FIELD, "bcc": MAX_FIELD, "subject": MAX_SUBJECT, "text": MAX_TEXT,
    "html": MAX_HTML, "in_reply_to": MAX_ID,
}  # fmt: skip
_NUMBERS = ("answers", "forwards", "resends", "scheduled_ms")


@dataclass(frozen=True, slots=True)
class Draft:
    """One unsent message."""

    from_: str = ""
    """Folded address of the account it is written from; "" is not chosen yet."""
    to: str = ""
    """Recipients as typed; what is wrong in them shows when the message is submitted."""
    cc: str = ""
    bcc: str = ""
    subject: str = ""
    text: str = ""
    """Line ends are \\n."""
    html: str = ""
    """ "" where the message is plain text only."""
    in_reply_to: str = ""
    """Message-ID answered, without angle brackets."""
    references: tuple[str, ...] = ()
    """Message-IDs of the conversation without angle brackets, the oldest first."""
    answers: int = 0
    """Id of the stored message replied to, 0 for none."""
    forwards: int = 0
    """Id of the stored message forwarded, 0 for none."""
    resends: int = 0
    """Id of the message of our own sent once more, 0 for none."""
    scheduled_ms: int = 0
    """When to send, in ms since 1970 UTC; 0 is at once."""


def to_json(draft: Draft) -> str:
    """A draft as one JSON object; what is empty is left out."""
    return json.dumps({name: value for name, value in asdict(draft).items() if value}, ensure_ascii=False)


def from_json(text: str) -> Draft:
    """A draft from JSON of this or another release. Never raises: what is missing, unknown or misshapen is empty."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return Draft()
    if not isinstance(found, dict):
        return Draft()
    known: dict[str, Any] = {}
    for name, limit in _LIMITS.items():
        value = found.get(name)
        if isinstance(value, str):
            known[name] = clean(value)[:limit]
    for name in _NUMBERS:
        value = found.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63:
            known[name] = value
    references = found.get("references")
    ids = [clean(one)[:MAX_ID] for one in references if isinstance(one, str)] if isinstance(references, list) else []
    return Draft(**known, references=tuple(ids[-MAX_REFERENCES:]))


def too_long(draft: Draft) -> str:
    """The name of the first field over its limit, "" where all fit."""
    return next((name for name, limit in _LIMITS.items() if len(getattr(draft, name)) > limit), "")


def is_empty(draft: Draft) -> bool:
    """Whether nobody wrote anything yet: no recipient, subject or text."""
    return not any(one.strip() for one in (draft.to, draft.cc, draft.bcc, draft.subject, draft.text, draft.html))
