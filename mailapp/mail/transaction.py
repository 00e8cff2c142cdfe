"""One mail transaction at the SMTP entrance as it is remembered: who came, what was asked, what we answered, and when.

Made by the entrance, filled in while it goes on, told to the receiving log when it is over. Never any content.
"""

RECIPIENTS_KEPT = 600
"""Forward-paths named in the log: all that one message may have (smtp/settings.py), so that everybody finds their own.
Of more, which were all told to come again, only the number is kept."""
CHECK_DOMAIN = "open-relay-test.invalid"
"""What our own check asks to relay to; a domain nobody can have (RFC 2606)."""
CHECK = "check"
"""Stands where the reference of a message does, in the log, for what our own check asked."""

TAKEN = "taken"
DEFERRED = "deferred"
REFUSED = "refused"
UNKNOWN = "unknown"
BROKEN = "broken"
NOTHING = "nothing"
OUTCOMES = (TAKEN, DEFERRED, REFUSED, UNKNOWN, BROKEN, NOTHING)
"""250; 4yz; the message got 5yz; every recipient got 5yz; the client went away in between; nothing was asked."""

STEPS = ("connected", "greeted", "secured", "mailed", "named", "arrived", "understood", "committed")
"""In the order they happen: banner, EHLO, TLS, MAIL, last RCPT, final dot, parsed, on disk."""


class Transaction:
    """Times are those of time.monotonic(), 0.0 where a step was not reached."""

    __slots__ = (
        *STEPS,
        "asked",
        "asked_more",
        "began",
        "ended",
        "farewell",
        "first",
        "helo",
        "local",
        "peer",
        "reference",
        "reply",
        "reverse_path",
        "size",
        "tls",
    )

    def __init__(
        self, peer: str, began: float, helo: str = "", tls: str = "", *, first: bool = True, local: bool = False
    ) -> None:
        self.peer = peer
        self.began = began
        self.helo = helo
        self.tls = tls
        self.local = local
        """Whether it came from this very machine."""
        self.first = first
        """Whether it is the first of its connection."""
        self.reverse_path: str | None = None
        self.asked: list[tuple[str, str]] = []
        """Forward-paths as they were spelled, with the reply to each; "" where it was accepted."""
        self.asked_more = 0
        self.reply = ""
        """To the message, or to MAIL where that was refused; "" where it did not come so far."""
        self.farewell = ""
        """What we closed the connection with, where we did."""
        self.reference = ""
        self.size = 0
        self.connected = self.greeted = self.secured = self.mailed = 0.0
        self.named = self.arrived = self.understood = self.committed = self.ended = 0.0

    def again(self, now: float) -> "Transaction":
        """The next one of the same connection."""
        return Transaction(self.peer, now, self.helo, self.tls, first=False, local=self.local)

    def ask(self, address: str, reply: str, now: float) -> None:
        """A forward-path was answered; `reply` is "" for 250."""
        self.named = now
        if len(self.asked) < RECIPIENTS_KEPT:
            self.asked.append((address, reply))
        else:
            self.asked_more += 1

    @property
    def is_check(self) -> bool:
        """Whether it is our own check, which asked for recipients elsewhere and was refused."""
        return (
            self.local
            and bool(self.asked)
            and all(reply and address.endswith("@" + CHECK_DOMAIN) for address, reply in self.asked)
        )

    @property
    def outcome(self) -> str:
        """One of OUTCOMES."""
        if self.reply:
            return {"2": TAKEN, "4": DEFERRED}.get(self.reply[0], REFUSED)
        if not self.asked:
            return NOTHING
        if any(not reply for _, reply in self.asked):
            return BROKEN
        return DEFERRED if any(reply[0] == "4" for _, reply in self.asked) else UNKNOWN

    def steps(self) -> tuple[float | None, ...]:
        """ms of each step since the one before it, in the order of STEPS; None for those that were not taken."""
        found: list[float | None] = []
        before = self.began
        for name in STEPS:
            at: float = getattr(self, name)
            if at < before or not at:
                found.append(None)
            else:
                found.append((at - before) * 1000)
                before = at
        return tuple(found)
