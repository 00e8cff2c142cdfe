"""Why a recipient stands where it does: our own reasons in the reader's words, a relay's as it said them."""

import re
from collections.abc import Callable
from typing import Protocol

from mailapp.flow.relay_attempt import DAILY_LIMIT, LOCAL, NO_ANSWER, NO_RELAY, OURS
from mailapp.store.queue import BY_MAIL

ANSWER_LONGEST = 300
"""Characters shown of what a relay said."""
LOGIN_CODES = (530, 534, 535, 538)

REFUSED = re.compile(r"(?P<host>\S+) port (?P<port>\d+) refused the connection")
BLOCKED = re.compile(r"no answer from (?P<host>\S+) port (?P<port>\d+)")
NAMELESS = re.compile(r"no address for (?P<host>\S+)")

Gettext = Callable[[str], str]


class Told(Protocol):
    """What is known of a recipient: queue.Recipient, or what a notice names."""

    @property
    def state(self) -> str: ...
    @property
    def code(self) -> int: ...
    @property
    def status(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def relay(self) -> str: ...


def reason(gettext: Gettext, told: Told) -> str:
    """One line; "" where there is nothing to say yet."""
    _ = gettext
    if told.reason.startswith(BY_MAIL):
        said = answer(told.code, told.status, told.reason.removeprefix(BY_MAIL))
        return _("Reported by mail: {text}").format(text=said)
    if told.state in ("sent", "delivered"):
        return _accepted(_, told)
    found = ours(_, told) or _theirs(_, told)
    if found and told.state == "failed" and told.status.startswith("4"):
        return _("Given up after days of trying. {reason}").format(reason=found)
    return found


def answer(code: int, status: str, reason: str) -> str:
    """Reply code, enhanced status code (RFC 3463) and text, each once."""
    text = " ".join(reason.split())[:ANSWER_LONGEST]
    shown = str(code) if code and not text.startswith(str(code)) else ""
    status = "" if status in text or status.endswith(".0.0") else status
    return " ".join(each for each in (shown, status, text) if each)


def _accepted(gettext: Gettext, told: Told) -> str:
    _ = gettext
    if told.relay == LOCAL:
        return _("On this server")
    said = answer(told.code, told.status, told.reason)
    if not told.relay or not said:
        return told.relay or said
    return _("{relay}: {answer}").format(relay=told.relay, answer=said)


def _theirs(gettext: Gettext, told: Told) -> str:
    """What the other side said, and what that means."""
    _ = gettext
    said = answer(told.code, told.status, told.reason)
    if not told.reason and not told.code:
        return ""
    if told.code in LOGIN_CODES:
        text = _("The relay did not accept our login: {answer}")
    elif told.code >= 500 and told.state == "failed":
        text = _("The relay refused this recipient: {answer}")
    elif told.code:
        text = _("The relay asked us to come back later: {answer}")
    elif told.state == "failed" and not told.status.startswith("4"):
        text = _("It came back: {answer}")
    else:
        text = _unreached(_, told.reason) or told.reason[:ANSWER_LONGEST]
        return _("The relay could not be reached: {reason}").format(reason=text)
    return text.format(answer=said)


def _unreached(gettext: Gettext, said: str) -> str:
    """What transport/connecting.py says of a place it did not get to, in the reader's words; "" for all else."""
    _ = gettext
    for pattern, text in (
        (REFUSED, _("{host} takes no connections on port {port}.")),
        (BLOCKED, _("Port {port} seems to be blocked on the way to {host}.")),
        (NAMELESS, _("There is no server {host}.")),
    ):
        if found := pattern.fullmatch(said):
            return text.format(**found.groupdict())
    return ""


def ours(gettext: Gettext, told: Told) -> str:
    """A reason that is one of our own (relay_attempt.py, transport/), in the reader's words; "" for all others."""
    if told.code:
        return ""
    _ = gettext
    return {
        NO_RELAY: _("No relay is set up that takes mail from this address."),
        DAILY_LIMIT: _("The relay's limit for today is used up."),
        NO_ANSWER: _("The connection broke before the relay confirmed the message."),
        OURS: _("Something on this server was in the way."),
        "the relay did not answer in time": _("The relay did not answer in time."),
        "the relay closed the connection": _("The relay closed the connection."),
        "the relay does not offer STARTTLS": _("The relay offers no encryption, so nothing was sent to it."),
    }.get(told.reason, "")
