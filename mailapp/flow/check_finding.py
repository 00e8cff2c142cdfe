"""What a check found: a state, a word for the reason, and what to copy to mend it. Words are check_words.py's."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import field

from mailapp.values import dataclass

OK, HINT, WARN, BAD, SKIPPED = "ok", "hint", "warn", "bad", "skipped"
"""hint: could be better, nothing is wrong. warn: works, not for long or not with everybody. bad: something does not
work. skipped: does not apply, or could not be looked at."""
STATES = (OK, HINT, WARN, BAD, SKIPPED)
RECORD, COMMAND, SETTING = "record", "command", "setting"
Value = str | int


@dataclass(frozen=True, slots=True)
class Remedy:
    """Something to copy.

    kind: record (of the DNS: `name`, `type` and `value`), command (for a shell of the server) or setting (a line of
    its environment).
    """

    kind: str
    value: str
    name: str = ""
    type: str = ""


def record(name: str, type_: str, value: str) -> Remedy:
    return Remedy(RECORD, value, name, type_)


@dataclass(frozen=True, slots=True)
class Result:
    """What one look came to, before it is known how long it took."""

    state: str
    reason: str
    values: Mapping[str, Value] = field(default_factory=dict)
    remedies: tuple[Remedy, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A result, and of what."""

    name: str
    """Which check, as in check_words.py."""
    about: str
    """The domain, "" for what concerns the whole server."""
    part: str
    """The relay, the blocklist or the record, "" where there is one only."""
    state: str
    reason: str
    values: Mapping[str, Value] = field(default_factory=dict)
    remedies: tuple[Remedy, ...] = ()
    ms: int = 0

    @property
    def key(self) -> tuple[str, str, str]:
        return self.name, self.about, self.part

    @property
    def is_trouble(self) -> bool:
        return self.state in (WARN, BAD)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is going to look at, in the order it is shown."""

    keys: tuple[tuple[str, str, str], ...]


class RunFailed(Exception):
    """A run ended before it had looked at everything."""


Run = Callable[[str], AsyncIterator["Plan | Finding"]]
"""A domain, or "" for everything -> its plan, then the findings as they come. Raises RunFailed."""


@dataclass(frozen=True, slots=True)
class Check:
    """Something to look at."""

    name: str
    about: str
    part: str
    look: Callable[[], Awaitable[Result]]
    """Raises NoAnswer where DNS is silent."""
    asks_dns: bool = True

    @property
    def key(self) -> tuple[str, str, str]:
        return self.name, self.about, self.part

    def found(self, result: Result, ms: int = 0) -> Finding:
        return Finding(*self.key, result.state, result.reason, result.values, result.remedies, ms)
