"""Arrivals as tests write them."""

from mailapp.store.arrivals import Arrival, Copy
from mailapp.store.contents import Words


def arrival(
    *account_ids: int,
    content: bytes | int = b"Subject: x\r\n\r\ny\r\n",
    subject: str = "验证码",
    words: tuple[str, str, str, str] = ("验 证 码", "lin yuanye example", "您 的 验 证 码 是", ""),
    references: tuple[str, ...] = (),
    address: str = "lin@yuanye.example",
) -> Arrival:
    """One message for these accounts."""
    return Arrival(
        content=content,
        size=len(content) if isinstance(content, bytes) else 1,
        date_ms=None,
        from_name="GitHub",
        from_address="noreply@github.example",
        subject=subject,
        preview="preview",
        attachment_count=0,
        reverse_path="",
        references=references,
        words=Words(1, *words),
        copies=tuple(Copy(one, (address,), b"") for one in account_ids),
    )
