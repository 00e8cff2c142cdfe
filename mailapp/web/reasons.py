"""Why a recipient stands where it does: our own reasons in the reader's words, a relay's as it said them."""

from dataclasses import replace

from mailapp.store.queue import BY_MAIL, Recipient
from mailapp.web.reader import Reader

ANSWER_LONGEST = 300
"""Characters shown of what a relay said."""
LOCAL = "local"
"""In place of a relay's name: delivered on this server."""
LOGIN_CODES = (530, 534, 535, 538)


def reason(reader: Reader, recipient: Recipient) -> str:
    """One line; "" where there is nothing to say yet."""
    _ = reader.gettext
    if recipient.reason.startswith(BY_MAIL):
        said = answer(replace(recipient, reason=recipient.reason.removeprefix(BY_MAIL)))
        return _("Reported by mail: {text}").format(text=said)
    if recipient.state in ("sent", "delivered"):
        return _accepted(reader, recipient)
    found = _ours(reader, recipient) or _theirs(reader, recipient)
    if found and recipient.state == "failed" and recipient.status.startswith("4"):
        return _("Given up after days of trying. {reason}").format(reason=found)
    return found


def answer(recipient: Recipient) -> str:
    """Reply code, enhanced status code (RFC 3463) and text, each once."""
    text = " ".join(recipient.reason.split())[:ANSWER_LONGEST]
    code = str(recipient.code) if recipient.code and not text.startswith(str(recipient.code)) else ""
    status = "" if recipient.status in text or recipient.status.endswith(".0.0") else recipient.status
    return " ".join(each for each in (code, status, text) if each)


def _accepted(reader: Reader, recipient: Recipient) -> str:
    _ = reader.gettext
    if recipient.relay == LOCAL:
        return _("On this server")
    said = answer(recipient)
    if not recipient.relay or not said:
        return recipient.relay or said
    return _("{relay}: {answer}").format(relay=recipient.relay, answer=said)


def _theirs(reader: Reader, recipient: Recipient) -> str:
    """What the other side said, and what that means."""
    _ = reader.gettext
    said = answer(recipient)
    if not recipient.reason and not recipient.code:
        return ""
    if recipient.code in LOGIN_CODES:
        text = _("The relay did not accept our login: {answer}")
    elif recipient.code >= 500 and recipient.state == "failed":
        text = _("The relay refused this recipient: {answer}")
    elif recipient.code:
        text = _("The relay asked us to come back later: {answer}")
    elif recipient.state == "failed" and not recipient.status.startswith("4"):
        text = _("It came back: {answer}")
    else:
        return _("The relay could not be reached: {reason}").format(reason=recipient.reason[:ANSWER_LONGEST])
    return text.format(answer=said)


def _ours(reader: Reader, recipient: Recipient) -> str:
    """A reason that is one of our own (flow/relay_attempt.py), in the reader's words; "" for all others."""
    if recipient.code:
        return ""
    _ = reader.gettext
    return {
        "no relay": _("No relay is set up that takes mail from this address."),
        "daily limit": _("The relay's limit for today is used up."),
        "no answer after the message": _("The connection broke before the relay confirmed the message."),
        "internal error": _("Something on this server was in the way."),
        "the relay did not answer in time": _("The relay did not answer in time."),
        "the relay closed the connection": _("The relay closed the connection."),
        "the relay does not offer STARTTLS": _("The relay offers no encryption, so nothing was sent to it."),
    }.get(recipient.reason, "")
