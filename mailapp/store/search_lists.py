"""Lists of messages that have an index of their own, which a search may walk through instead of the full text."""

from mailapp.mail.query_tree import In, Is, Labelled, Part
from mailapp.store.search_terms import Value

_OFFERED = "message_id AS id FROM codes INDEXED BY codes_by_account WHERE dismissed_at IS NULL AND"
_INDEXED = {
    "starred": "id FROM messages INDEXED BY messages_flagged WHERE flagged = 1 AND",
    "unread": "id FROM messages INDEXED BY messages_unread WHERE seen = 0 AND",
    "code": f"{_OFFERED} kind = 'code' AND",
    "link": f"{_OFFERED} (kind = 'link' OR link <> '') AND",
}
"""State -> the list of its own it has, but for whose."""


def has_index(part: Part) -> bool:
    """Whether a part names such a list."""
    if isinstance(part, In):
        return part.mailbox_id is not None
    return isinstance(part, Labelled) or (isinstance(part, Is) and part.state in _INDEXED)


def list_of(driver: Part | None, account_id: int) -> tuple[str, str, tuple[Value, ...]]:
    """(what follows SELECT, its id column, values) of the list a part names; all mail for None."""
    if isinstance(driver, In):
        return "id FROM messages INDEXED BY messages_by_mailbox WHERE mailbox_id = ?", "id", (driver.mailbox_id or 0,)
    if isinstance(driver, Labelled):
        return "message_id AS id FROM message_labels WHERE label_id = ?", "message_id", (driver.label_id,)
    listed = "id FROM messages INDEXED BY messages_by_account WHERE"
    if isinstance(driver, Is):
        listed = _INDEXED[driver.state]
    return f"{listed} account_id = ?", listed.partition(" ")[0], (account_id,)
