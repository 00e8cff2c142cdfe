"""How much of a message is looked at. Beyond a limit the rest is kept as bytes, never refused."""

from mailapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one parse; the defaults suit a machine with 512 MB."""

    header_bytes: int = 262_144
    """Bytes of the header section that are read; what follows in it is skipped."""
    header_fields: int = 1_000
    """Fields kept in `Message.headers`."""
    parts: int = 1_000
    """MIME parts told apart; the rest becomes one attachment."""
    depth: int = 50
    """Multiparts inside multiparts; a deeper one becomes an attachment."""
    text_bytes: int = 1_048_576
    """Decoded bytes of plain text in the letter."""
    html_bytes: int = 2_097_152
    """Decoded bytes of HTML in the letter."""
    addresses: int = 1_000
    """Persons kept per address field."""
    attachments: int = 500
    """Parts offered for download."""


DEFAULT = Limits()
