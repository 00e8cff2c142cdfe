"""What a message offers to type or to press: a verification code, a sign-in link, a meeting's passcode ..."""

from enum import StrEnum

from mailapp.values import dataclass


class Kind(StrEnum):
    """What a code is for; only the first two sign somebody in or confirm something."""

    CODE = "code"
    """A one-time code typed back where it was asked for."""
    LINK = "link"
    """A link that signs in, confirms an address or resets a password when it is opened."""
    MEETING = "meeting"
    """The passcode of a meeting."""
    PICKUP = "pickup"
    """What opens a parcel locker or is shown at a counter."""
    DISCOUNT = "discount"


@dataclass(frozen=True, slots=True)
class Code:
    """One find in a message."""

    value: str
    """As it is pasted: the digits of a group joined ("123 456" is 123456), a prefix kept (G-482913), or the URL."""
    kind: Kind
    source: str
    """Where it stood: subject, text or html."""
    start: int
    """Where it begins in that source, in characters; for html in the visible text made of it."""
    end: int
    confidence: float
    """How sure, from 0 to 1."""
    valid_seconds: int | None = None
    """How long the message says it is valid, counted from its arrival."""
    origin: str = ""
    """The domain an origin-bound code belongs to ("@example.com #123456"), else empty."""


@dataclass(frozen=True, slots=True)
class Codes:
    """All that was found, the surest first."""

    best: Code | None = None
    """The code to show, of the kind CODE, or LINK where there is no code; None where nothing is sure enough."""
    link: Code | None = None
    """The sign-in or confirm link, also beside a code."""
    others: tuple[Code, ...] = ()
    """Runners-up and codes of the other kinds."""
