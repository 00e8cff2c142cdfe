"""What a list shows of a draft: worked out before it is stored, because hostile address fields take seconds."""

from mailapp.mail.draft import Draft, from_json, to_json
from mailapp.mail.html_text import html_to_text
from mailapp.mail.message import MAX_SUBJECT
from mailapp.mail.preview import preview
from mailapp.mail.recipients import parse_recipients, to_names
from mailapp.values import dataclass


@dataclass(frozen=True, slots=True)
class DraftListing:
    """The row of a draft in Drafts."""

    from_: str
    subject: str
    preview: str
    to_names: str
    """As `recipients.to_names` makes it."""
    to_count: int


def listing(draft: Draft) -> DraftListing:
    """Linear in the draft; at the lengths drafts may have up to seconds. Never raises."""
    draft = from_json(to_json(draft))  # as it will be read again
    people = [one for field in (draft.to, draft.cc, draft.bcc) for one in parse_recipients(field).people]
    text = draft.text if draft.text.strip() else html_to_text(draft.html)
    subject = " ".join(draft.subject.split())[:MAX_SUBJECT]
    return DraftListing(draft.from_, subject, preview(text), *to_names(people))
