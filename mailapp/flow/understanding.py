"""What is stored of content: parsed message, search words, arrival. The same for mail that comes and mail we send."""

from collections.abc import Sequence
from contextlib import nullcontext

from mailapp.flow.giving_way import giving_way
from mailapp.mail import words
from mailapp.mail.code import Codes
from mailapp.mail.content import Content
from mailapp.mail.html_text import html_to_text
from mailapp.mail.message import Message, Person
from mailapp.mail.parser import parse
from mailapp.store.arrivals import Arrival, Copy
from mailapp.store.contents import Words

SEARCH_CHARACTERS = 65_536
"""Characters of a letter's text that are indexed."""
STUB_CHARACTERS = 120
"""A plain alternative shorter than this is not believed to say all that the HTML says."""
STUB_HTML = 32_768
"""Characters of the HTML that are looked at then: about 3 ms."""
ON_LOOP_BYTES = 262_144
"""Content up to this is parsed on the event loop: a thread costs more than it saves."""


def understand(content: Content) -> tuple[Message, Words]:
    """Parse content and cut its index words. Never raises on any bytes; may run in a thread."""
    with giving_way() if content.size > ON_LOOP_BYTES else nullcontext():
        message = parse(content)
        return message, words_of(message)


def words_of(message: Message) -> Words:
    """The index words of a parsed message."""
    subject, authors, to, cc, others, list_id, body, files = words.index_fields(
        (
            message.subject,
            _names(message.from_),
            _names(message.to),
            _names(message.cc) if message.cc else "",
            _names((*message.sender, *message.reply_to)) if message.sender or message.reply_to else "",
            message.list_id,
            _letter(message)[:SEARCH_CHARACTERS],
            " ".join([part.name for part in message.attachments]) if message.attachments else "",
        )
    )
    plain, tagged = (
        [authors, to, cc, others],
        [(words.FROM, authors), (words.TO, to), (words.CC, cc), (words.LIST, list_id)],
    )
    if message.forwarded_to:
        forwarded = words.index_words(_names(message.forwarded_to))
        plain.append(forwarded)
        tagged.append((words.TO, forwarded))
    people = words.people_words(plain, tagged)
    return Words(words.VERSION, subject=subject, people=people, body=body, files=files)


def _letter(message: Message) -> str:
    """What a letter says: a plain alternative of a line or two often only tells to look at the HTML."""
    text = message.text
    # HTML that waits to be decoded stands beside a plain text; elsewhere the text was made of it
    if len(text) >= STUB_CHARACTERS or isinstance(message.html_source, str):
        return text
    seen = html_to_text(message.html[:STUB_HTML])
    return text if seen.split() == text.split() else f"{text}\n{seen}"


def _names(people: Sequence[Person]) -> str:
    return " ".join([f"{one.name} {one.address}" for one in people])


def arrival_of(
    reverse_path: str,
    size: int,
    content: bytes | int,
    message: Message,
    terms: Words,
    copies: Sequence[Copy],
    codes: Sequence[Codes] = (),
) -> Arrival:
    """What is stored of a message; `content` is its bytes, or the id of content written ahead; codes one a copy."""
    author = message.from_[0] if message.from_ else None
    own = (message.message_id,) if message.message_id else ()
    return Arrival(
        content=content,
        size=size,
        date_ms=message.date_ms,
        from_name=author.name if author else "",
        from_address=author.address if author else reverse_path,
        subject=message.subject,
        preview=message.preview,
        attachment_count=len(message.attachments),
        reverse_path=reverse_path,
        references=tuple(dict.fromkeys((*own, *message.in_reply_to, *message.references))),
        words=terms,
        copies=tuple(copies),
        codes=tuple(codes),
    )
