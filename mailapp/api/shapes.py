"""Everything the API takes and gives: these structs check what comes, write what goes, and make the document."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from mailapp.api.words import _

PAGE = 50
LARGEST_PAGE = 100
LONGEST_WAIT_S = 300
RECIPIENTS = 1_000
ATTACHMENTS = 100

Id = Annotated[int, Meta(ge=1, description=_("A message. A larger one is newer."))]
Address = Annotated[str, Meta(max_length=320, examples=["shop@example.com"])]
To = Annotated[
    str,
    Meta(
        max_length=320,
        description=_(
            "Only mail for this address: the envelope's recipient (its tag counts where one is given, otherwise"
            " every tag is meant), or one that Delivered-To, X-Original-To, X-Forwarded-To or To names."
        ),
    ),
]
Since = Annotated[
    str,
    Meta(
        max_length=64,
        description=_(
            "Only what came after this: a number an answer gave as `since`, or a time (RFC 3339)."
            " Without it, only what comes after the call."
        ),
    ),
]


class Problem(Struct, frozen=True, omit_defaults=True):
    """What went wrong (RFC 9457)."""

    title: str
    status: int
    detail: str = ""
    type: str = "about:blank"


class Person(Struct, frozen=True):
    """Somebody a header field names."""

    name: str
    address: str


class Attachment(Struct, frozen=True):
    """A file of a message."""

    number: int
    name: str
    type: str
    size: Annotated[int, Meta(description=_("Bytes, about."))]
    inline: bool


class MessageSummary(Struct, frozen=True, kw_only=True):
    """A message as lists show it."""

    id: Id
    thread_id: int
    mailbox: Annotated[str, Meta(description=_("inbox, sent, archive, junk, trash, or the number of a folder."))]
    from_: Person = field(name="from")
    delivered_to: Annotated[list[str], Meta(description=_("The envelope's recipients that led to this copy."))]
    subject: str
    preview: str
    date: Annotated[datetime | None, Meta(description=_("What the message says of itself."))]
    received_at: datetime
    size: int
    seen: bool
    flagged: bool
    answered: bool
    attachment_count: int
    code: Annotated[str | None, Meta(description=_("The verification code it offers."))] = None
    link: Annotated[str | None, Meta(description=_("The link it offers to sign in or to confirm."))] = None


class Message(MessageSummary, frozen=True, kw_only=True):
    """A message with its letter."""

    to: list[Person]
    cc: list[Person]
    reply_to: list[Person]
    message_id: Annotated[str, Meta(description=_("Message-ID without angle brackets."))]
    text: str
    html: Annotated[str, Meta(description=_("As it came, not sanitised."))]
    attachments: list[Attachment]


class Messages(Struct, frozen=True):
    """A page of messages, the newest first."""

    messages: list[MessageSummary]
    next: Annotated[
        int | None, Meta(description=_("Where the next page begins: ask again with `before`. null at the end."))
    ]


class MessagesQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which messages."""

    to: To = ""
    q: Annotated[str, Meta(max_length=1_000, description=_("A search, in the words of the search field."))] = ""
    after: Annotated[int, Meta(ge=0, le=2**62, description=_("Only messages newer than this one."))] = 0
    before: Annotated[
        int, Meta(ge=0, le=2**62, description=_("Only messages older than this one; 0 for the newest."))
    ] = 0
    limit: Annotated[int, Meta(ge=1, le=LARGEST_PAGE)] = PAGE


class MessageQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which one is the latest."""

    to: To = ""
    q: Annotated[str, Meta(max_length=1_000, description=_("For `latest`: a search."))] = ""


class NewAttachment(Struct, frozen=True, forbid_unknown_fields=True):
    """A file to send."""

    name: Annotated[str, Meta(min_length=1, max_length=180)]
    content: Annotated[bytes, Meta(description=_("base64"))]
    type: Annotated[str, Meta(max_length=127)] = "application/octet-stream"


class NewMessage(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A message to send."""

    from_: Annotated[Address, Meta(description=_("One of the account's addresses; its own where left out."))] = field(
        default="", name="from"
    )
    to: Annotated[list[Address], Meta(max_length=RECIPIENTS)] = []
    cc: Annotated[list[Address], Meta(max_length=RECIPIENTS)] = []
    bcc: Annotated[list[Address], Meta(max_length=RECIPIENTS)] = []
    subject: Annotated[str, Meta(max_length=1_000)] = ""
    text: Annotated[
        str, Meta(max_length=1_048_576, description=_("Where there is html, the text is made of that."))
    ] = ""
    html: Annotated[str, Meta(max_length=2_097_152)] = ""
    attachments: Annotated[list[NewAttachment], Meta(max_length=ATTACHMENTS)] = []


class Accepted(Struct, frozen=True):
    """A message on its way."""

    id: Annotated[int, Meta(description=_("Its copy in Sent; 0 where that is gone."))]
    queue_id: Annotated[int, Meta(description=_("Where its journey is followed."))]
    release_at: Annotated[datetime, Meta(description=_("It leaves no earlier."))]


class Code(Struct, frozen=True, kw_only=True):
    """A verification code, or a link to sign in or to confirm."""

    code: Annotated[str | None, Meta(description=_("As it is pasted; null where the message offers only a link."))]
    link: str | None
    message_id: Id
    from_: Annotated[str, Meta(description=_("The author's address."))] = field(name="from")
    from_name: str
    to: Annotated[str, Meta(description=_("The envelope's recipient."))]
    subject: str
    received_at: datetime
    valid_until: Annotated[datetime | None, Meta(description=_("null where the message does not say."))]
    used: bool
    confidence: float


class Codes(Code, frozen=True, kw_only=True):
    """The newest code, and all that came since."""

    since: Annotated[int, Meta(description=_("For the next call."))]
    codes: Annotated[list[Code], Meta(description=_("The newest first; the first one is told above too."))]


class CodesQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which codes, and how long to wait for one."""

    to: To = ""
    since: Since = ""
    wait: Annotated[int, Meta(ge=0, le=LONGEST_WAIT_S, description=_("Seconds the call is held open at most."))] = 60


class EventsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Where to go on."""

    since: Annotated[
        str,
        Meta(max_length=32, description=_("The id of the last event seen; without it, from now on.")),
    ] = ""


EventType = Literal["message.delivered", "message.changed", "message.removed", "mailboxes.changed", "reset"]


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that happened to the account's mail."""

    seq: int
    type: EventType
    message_id: int | None = None
    message: Annotated[MessageSummary | None, Meta(description=_("As it is now, where it is still there."))] = None


class Mailbox(Struct, frozen=True):
    """A folder."""

    key: Annotated[str, Meta(description=_("As `mailbox` of a message names it."))]
    role: str | None
    name: Annotated[str, Meta(description=_("Empty where the role names it."))]
    total: int
    unread: int


class Mailboxes(Struct, frozen=True):
    """The account's folders."""

    mailboxes: list[Mailbox]
