"""Password hashes: bcrypt over a pre-hash, because bcrypt reads 72 bytes at most."""

import base64
import hashlib

COST = 12
"""log2 of bcrypt's rounds: about 0.3 s a hash."""
SHORTEST = 12
"""Characters a password has at least."""
LONGEST = 1_000


class PasswordTooShort(Exception):
    """Fewer than SHORTEST characters."""


def hash_(password: str) -> str:
    """Hash a new password; blocks for about 0.3 s. Raises PasswordTooShort."""
    if len(password) < SHORTEST:
        raise PasswordTooShort
    import bcrypt  # 0.5 MB that a server at rest does not need

    return bcrypt.hashpw(_prepared(password), bcrypt.gensalt(COST)).decode("ascii")


def verify(password: str, hashed: str) -> bool:
    """Whether the password is the hashed one; blocks for about 0.3 s. False for a hash that is none."""
    try:
        import bcrypt

        return bcrypt.checkpw(_prepared(password), hashed.encode("ascii"))
    except ValueError:
        return False


NOBODY = "$2b$12$C6UzMDM.H6dfI/f/IKcEeO7ZLmD2Q2ZDAi5n0rMyhQW0c8pzVYb3e"
"""Verified against for an unknown account, so that it takes the same time as a known one."""


def _prepared(password: str) -> bytes:
    return base64.b64encode(hashlib.sha256(password[:LONGEST].encode("utf-8", "surrogatepass")).digest())
