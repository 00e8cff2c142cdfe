"""Signed events of a relay service: who signed them, when, and what they say."""

import base64
import json

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mailapp.flow.relay_events import FRESH_S, RelayEvent, is_key, is_signed, read

NOW = 1_795_000_000.0
BODY = b'[{"event":"delivered"}]\r\n'
PRIVATE = ec.generate_private_key(ec.SECP256R1())


def shown(private: ec.EllipticCurvePrivateKey) -> str:
    """The public key as the service shows it."""
    der = private.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def signature(body: bytes, timestamp: str, private: ec.EllipticCurvePrivateKey = PRIVATE) -> str:
    return base64.b64encode(private.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))).decode()


KEY = shown(PRIVATE)


def test_only_the_key_that_signed_these_bytes_is_believed() -> None:
    stamp = str(int(NOW))
    right = signature(BODY, stamp)
    assert is_signed(KEY, right, stamp, BODY, NOW)
    other = ec.generate_private_key(ec.SECP256R1())
    assert not is_signed(shown(other), right, stamp, BODY, NOW)
    assert not is_signed(KEY, signature(BODY, stamp, other), stamp, BODY, NOW)
    assert not is_signed(KEY, right, stamp, BODY[:-2], NOW)
    assert not is_signed(KEY, right, str(int(NOW) + 1), BODY, NOW)
    assert not is_signed("", right, stamp, BODY, NOW)


@pytest.mark.parametrize("wrong", ["", "AAAA", "*", "ü", "=" * 100, "A" * 100_000])
def test_anything_may_stand_in_the_signature(wrong: str) -> None:
    assert not is_signed(KEY, wrong, str(int(NOW)), BODY, NOW)


@pytest.mark.parametrize(
    ("age", "fresh"), [(FRESH_S, True), (FRESH_S + 1, False), (-FRESH_S, True), (-FRESH_S - 1, False)]
)
def test_an_old_request_is_not_taken_again(age: int, fresh: bool) -> None:
    stamp = str(int(NOW) - age)
    assert is_signed(KEY, signature(BODY, stamp), stamp, BODY, NOW) is fresh


@pytest.mark.parametrize("stamp", ["", "now", "-5", "1e9", "１７９５", "9" * 400, " 1795000000"])
def test_a_timestamp_is_a_number(stamp: str) -> None:
    assert not is_signed(KEY, signature(BODY, stamp), stamp, BODY, NOW)


def test_a_key_is_one_on_p_256() -> None:
    assert is_key(KEY)
    assert is_key(f" {KEY[:30]}\n{KEY[30:]} ")
    assert not is_key(shown(ec.generate_private_key(ec.SECP384R1())))
    for wrong in ("", "AAAA", "-----BEGIN PUBLIC KEY-----", "ü"):
        assert not is_key(wrong)


def test_events_about_delivery_are_read_and_nothing_else() -> None:
    common = {"email": "Zhou@Bei.example", "smtp-id": "<1@yuanye.example>", "timestamp": 1}
    told = [
        {**common, "event": "processed"},
        {**common, "event": "delivered", "response": "250 2.0.0 OK"},
        {**common, "event": "bounce", "status": "5.1.1", "reason": "550 No such user\r\nhere", "type": "bounce"},
        {**common, "event": "dropped", "reason": "Bounced Address"},
        {**common, "event": "deferred", "response": "451 4.7.1 Greylisted", "attempt": "3"},
        {**common, "event": "open", "useragent": "x"},
        {**common, "event": "click", "url": "https://x.example"},
        {**common, "event": "delivered", "smtp-id": ""},
        {**common, "event": "delivered", "email": "nobody"},
        {"event": ["delivered"]},
        "delivered",
    ]
    where = ("1@yuanye.example", "zhou@bei.example")
    assert read(json.dumps(told).encode()) == [
        RelayEvent(*where, "delivered", 250, "2.0.0", "250 2.0.0 OK"),
        RelayEvent(*where, "failed", 550, "5.1.1", "550 No such user here"),
        RelayEvent(*where, "failed", 0, "", "Bounced Address"),
        RelayEvent(*where, "deferred", 451, "4.7.1", "451 4.7.1 Greylisted"),
    ]


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"\xff", b"[" * 100_000, b'{"event":"delivered"}'])
def test_what_is_no_list_of_events_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):
        read(body)
