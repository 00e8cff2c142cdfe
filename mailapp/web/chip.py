"""View models of codes; web/code_views.py makes them."""

from mailapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Chip:
    """The code in a row of a list. Says nothing that grows old: rendered rows are kept."""

    id: int
    """Of its message."""
    value: str
    """What is copied; "" of a link, which is opened from the message alone."""
    parts: tuple[str, ...]
    """The value in one or two pieces, as it is read."""
    state: str
    """live, old (nobody knows whether it still works), used or over."""
    lapses_ms: int
    """When a live one ceases to be."""
    until_ms: int
    """End of the validity its message states, 0 for none."""


@dataclass(frozen=True, slots=True)
class CodeCard:
    """The code with all that is told of it."""

    chip: Chip
    href: str
    """The message."""
    sender: str
    subject: str
    to: str
    """The address it came for."""
    received_ms: int
    age: str
    left: str
    """还有 9:48, or of one that is over how long it was valid; "" where the message does not say."""
    seconds: int
    """Its whole validity, 0 for none."""
    seconds_left: int
    link: str
    """The sign-in link, "" for none or what is no web address."""
    host: str
    filed: bool
    """Whether it went to the archive by itself."""
    others: tuple[str, ...]
    """Runners-up of the same kind."""

    @property
    def dom_id(self) -> str:
        return f"code-{self.chip.id}"
