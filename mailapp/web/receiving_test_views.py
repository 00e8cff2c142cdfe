"""The guided test as it is shown: which steps a transaction has taken, and what it came to."""

from mailapp.mail.sizes import size_text
from mailapp.mail.transaction import BROKEN, STEPS, Transaction
from mailapp.values import dataclass
from mailapp.web.reader import Reader

PAGE = "/receiving/test"
LOCAL_LONGEST = 64


@dataclass(frozen=True, slots=True)
class TestStep:
    key: str
    state: str
    """done, waiting or failed."""
    name: str
    what: str = ""
    ms: str = ""


@dataclass(frozen=True, slots=True)
class TestView:
    address: str
    tag: str
    steps: tuple[TestStep, ...]
    verdict: str = ""
    """What it came to where it did not come in."""
    seen_path: str = ""
    """What the browser asks for once the stored message is on the screen."""


def test_address(address: str, tag: str) -> str:
    """The account's address with a tag that is nobody else's; the plain one where there is no room for it."""
    local, _, domain = address.rpartition("@")
    tagged = f"{local}+test-{tag}"
    return f"{tagged}@{domain}" if len(tagged) <= LOCAL_LONGEST and "+" not in local else address


def test_view(reader: Reader, address: str, tag: str, one: Transaction | None) -> TestView:
    """How far a transaction is; None: nobody came yet."""
    _ = reader.gettext
    names = {
        "connected": _("Connected"),
        "greeted": _("Greeted"),
        "named": _("Recipient accepted"),
        "arrived": _("Message read"),
        "committed": _("Stored"),
        "shown": _("On your screen"),
    }
    if one is None:
        return TestView(address, tag, tuple(TestStep(key, "waiting", name) for key, name in names.items()))
    failure, whats, ms = _failure(one), _whats(reader, address, one), dict(zip(STEPS, one.steps(), strict=True))
    done = _done(one)
    over = bool(failure) or (one.ended > 0 and one.outcome == BROKEN)
    missing = next(key for key in names if key not in done)
    steps = tuple(
        TestStep(
            key,
            "done" if key in done else "failed" if over and key == missing else "waiting",
            name,
            whats.get(key, ""),
            took(reader, ms.get(key)) if key in done else "",
        )
        for key, name in names.items()
    )
    verdict = _("We did not take it: {reply}").format(reply=failure) if failure else ""
    if over and not verdict:
        verdict = _("The sender's server left before the message was whole. It will try again by itself.")
    seen_path = f"{PAGE}/seen/{int(one.reference, 16)}" if one.reference else ""
    return TestView(address, tag, steps, verdict, seen_path)


def took(reader: Reader, ms: float | None) -> str:
    """A time in ms, "" where it is not known."""
    if ms is None:
        return ""
    return reader.gettext("{number} ms").format(number=f"{ms:.1f}" if ms < 10 else f"{round(ms):,}")


def _failure(one: Transaction) -> str:
    """The reply that refused the recipient or the message."""
    if one.asked and all(reply for _, reply in one.asked):
        return one.asked[0][1]
    return "" if one.reference else one.reply


def _done(one: Transaction) -> list[str]:
    done = ["connected", "greeted"]
    if any(not reply for _, reply in one.asked):
        done.append("named")
    if one.arrived:
        done.append("arrived")
    if one.reference:
        done.append("committed")
    return done


def _whats(reader: Reader, address: str, one: Transaction) -> dict[str, str]:
    encryption = one.tls.replace(" ", ", ") or reader.gettext("without TLS")
    return {
        "connected": one.peer,
        "greeted": " · ".join(each for each in (one.helo, encryption) if each),
        "named": address,
        "arrived": size_text(one.size) if one.arrived else "",
        "committed": one.reply,
    }
