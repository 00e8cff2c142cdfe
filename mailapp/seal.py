"""Secrets at rest: sealed with a key that lies in a file beside the database, never in it and never in its backups."""

import os
import secrets
from pathlib import Path

KEY_BYTES = 32
NONCE_BYTES = 12
_FIRST = b"\x01"
"""What sealed bytes begin with: the way they are sealed, ChaCha20-Poly1305 (RFC 8439)."""


class SealBroken(Exception):
    """The secret cannot be had: the key file is missing, is another one, or the sealed bytes were changed."""


class Seal:
    """Seals and opens small secrets with the key in `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def seal(self, secret: bytes) -> bytes:
        """The secret as it may be stored. Makes the key file (0600) where there is none; raises SealBroken, OSError."""
        return _seal(self._key(make=True), secret)

    def open(self, sealed: bytes) -> bytes:
        """What was sealed. Raises SealBroken."""
        return _open(self._key(make=False), sealed)

    def _key(self, *, make: bool) -> bytes:
        try:
            key = self._path.read_bytes()
        except FileNotFoundError:
            if not make:
                raise SealBroken(f"{self._path} is missing") from None
            _make(self._path)
            key = self._path.read_bytes()
        if len(key) != KEY_BYTES:
            raise SealBroken(f"{self._path} is not a key of {KEY_BYTES} bytes")
        return key


def _make(path: Path) -> None:
    """A new key, whole or not at all; another process's that was there first is kept."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    finally:
        draft.unlink()


def _seal(key: bytes, secret: bytes) -> bytes:
    # imported here: it takes memory, and an installation without a relay never needs it
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    nonce = secrets.token_bytes(NONCE_BYTES)
    return _FIRST + nonce + ChaCha20Poly1305(key).encrypt(nonce, secret, _FIRST)


def _open(key: bytes, sealed: bytes) -> bytes:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    nonce, rest = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    if sealed[:1] != _FIRST or len(nonce) < NONCE_BYTES:
        raise SealBroken("these are no sealed bytes")
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, rest, _FIRST)
    except InvalidTag:
        raise SealBroken("sealed with another key, or changed since") from None
