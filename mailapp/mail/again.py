"""A message of our own once more: the draft it was, for those who did not get it."""

from collections.abc import Collection, Iterable, Sequence

from mailapp.mail.address import fold, is_valid
from mailapp.mail.draft import MAX_HTML, MAX_TEXT, Draft
from mailapp.mail.message import Message, Person
from mailapp.mail.recipients import show
from mailapp.mail.reply import own_form
from mailapp.mail.sanitize_outgoing import outgoing
from mailapp.mail.tidy import TooMuchMarkup


def again(original: Message, recipients: Iterable[str], own: Collection[str]) -> Draft:
    """The message as it was written, in its conversation, for these addresses alone; files are the caller's business.

    Each stands where it stood, under its name; who is in no field was in Bcc, and is there again. `own`: folded
    addresses of the account.
    """
    wanted = {fold(one): Person("", one) for one in recipients}
    to = _taken(original.to, wanted)
    cc = _taken(original.cc, wanted)
    author = original.from_[0].address if original.from_ else ""
    return Draft(
        from_=own_form(author, own),
        to=show(to),
        cc=show(cc),
        bcc=show(list(wanted.values())),
        subject=original.subject,
        text=original.text[:MAX_TEXT],
        html=_html(original),
        in_reply_to=original.in_reply_to[-1] if original.in_reply_to else "",
        references=original.references,
    )


def _taken(people: Sequence[Person], wanted: dict[str, Person]) -> list[Person]:
    """Those of a field who are wanted; they are so no more."""
    return [one for one in people if is_valid(one.address) and wanted.pop(fold(one.address), None) is not None]


def _html(original: Message) -> str:
    try:
        return outgoing(original.html[:MAX_HTML], pictures=True) if original.html else ""
    except TooMuchMarkup:
        return ""
