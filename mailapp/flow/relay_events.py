"""What SendGrid's signed event webhook tells: the signature, and which recipient came to which end.

Only delivery counts. Opens and clicks are passed over: we track nobody, and read nothing a relay tracked.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any

from mailapp.mail.address import fold, is_valid
from mailapp.values import dataclass

FRESH_S = 600
"""Seconds a request may be old, or ahead of our clock."""
LONGEST = 1024 * 1024
"""Bytes of a request."""
EVENTS_MAX = 5_000
"""Events of one request that are looked at; SendGrid sends some hundred at most."""
REASON_MAX = 400
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_CODE = re.compile(r"([245]\d\d)\b")
STATES = {"delivered": "delivered", "bounce": "failed", "dropped": "failed", "deferred": "deferred"}
"""Event -> what is reported of the recipient. Deferred: the relay has it and tries on, so it stays accepted by it."""


@dataclass(frozen=True, slots=True)
class RelayEvent:
    """What became of one recipient of one message."""

    message_id: str
    """Without <>."""
    address: str
    """Folded."""
    state: str
    """delivered, failed, or deferred (the relay has it and tries on)."""
    code: int
    status: str
    reason: str
    """One line for people, in the words of the far side."""


def is_key(text: str) -> bool:
    """Whether this is a public key as SendGrid shows it: base64 of DER, on P-256."""
    return _key(text) is not None


def is_signed(key: str, signature: str, timestamp: str, body: bytes, now: float) -> bool:
    """Whether `key` signed the timestamp and these bytes, and lately (ECDSA, SHA-256)."""
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 15:
        return False
    if abs(now - int(timestamp)) > FRESH_S:
        return False
    # 7 MB of memory: only where events are set up
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    public = _key(key)
    if public is None:
        return False
    try:
        signed = base64.b64decode(signature, validate=True)
        public.verify(signed, timestamp.encode("ascii") + body, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _key(text: str) -> Any:
    """The public key (cryptography's EllipticCurvePublicKey), None where the text is none on P-256."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(base64.b64decode("".join(text.split()), validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp256r1" else None


def read(body: bytes) -> list[RelayEvent]:
    """The events that concern delivery, in order. Raises ValueError for what is no list of events."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if not isinstance(told, list):
        raise ValueError("not a list")
    events = (_event(each) for each in told[:EVENTS_MAX] if isinstance(each, dict))
    return [each for each in events if each is not None]


def _event(told: Mapping[str, Any]) -> RelayEvent | None:
    state = STATES.get(_text(told, "event"))
    message_id = _text(told, "smtp-id").strip().removeprefix("<").removesuffix(">")
    address = _text(told, "email")
    if state is None or not message_id or not is_valid(address):
        return None
    reason = " ".join((_text(told, "response") or _text(told, "reason")).split())[:REASON_MAX]
    code = _CODE.match(reason)
    status = _STATUS.search(_text(told, "status")) or _STATUS.search(reason)
    return RelayEvent(
        message_id, fold(address), state, int(code[1]) if code else 0, status[0] if status else "", reason
    )


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    return "".join(each if each.isprintable() else " " for each in value) if isinstance(value, str) else ""
