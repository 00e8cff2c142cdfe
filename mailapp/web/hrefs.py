"""Addresses of pages that many places lead to."""

from functools import lru_cache
from urllib.parse import quote

from mailapp.web.folders import INBOX


def message_href(message_id: int, view_path: str) -> str:
    """The page of a message, beside the list it was opened from."""
    return f"/messages/{message_id}{_beside(view_path)}"


@lru_cache(maxsize=64)
def _beside(view_path: str) -> str:
    """Once for the fifty rows of a list: quoting a search takes longer than the rest of a row's address."""
    return "" if view_path == INBOX else f"?view={quote(view_path)}"
