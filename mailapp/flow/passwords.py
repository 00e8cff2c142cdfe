"""Password hashes: bcrypt over a pre-hash, because bcrypt reads 72 bytes at most.

Accounts that moved over from the original project still have a hash of Werkzeug's until they log in.
"""

import base64
import hashlib
import re

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


def hash_again(password: str) -> str:
    """Hash a password that was just verified, however short it is; blocks for about 0.3 s."""
    import bcrypt

    return bcrypt.hashpw(_prepared(password), bcrypt.gensalt(COST)).decode("ascii")


def is_foreign(hashed: str) -> bool:
    """Whether it is one of Werkzeug's hashes, at a cost that is sane."""
    return _FOREIGN.fullmatch(hashed) is not None


def verify(password: str, hashed: str) -> bool:
    """Whether the password is the hashed one; blocks for about 0.3 s. False for a hash that is none."""
    if is_foreign(hashed):
        return _verify_foreign(password, hashed)
    try:
        import bcrypt

        return bcrypt.checkpw(_prepared(password), hashed.encode("ascii"))
    except ValueError:
        return False


_FOREIGN = re.compile(
    r"(?:scrypt:(?:16384|32768|65536):8:[1-4]|pbkdf2:sha(?:1|256|512):[1-9][0-9]{0,6})\$[A-Za-z0-9]{1,64}\$[0-9a-f]{40,128}"
)
"""The methods Werkzeug has made since 2013; what costs more memory or time was not made by it."""


def _verify_foreign(password: str, hashed: str) -> bool:
    from werkzeug.security import check_password_hash

    right = check_password_hash(hashed, password[:LONGEST])
    # quicker than ours: a wrong one must not tell that the account is there
    return right or (verify(password, NOBODY) and False)


NOBODY = "$2b$12$C6UzMDM.H6dfI/f/IKcEeO7ZLmD2Q2ZDAi5n0rMyhQW0c8pzVYb3e"
"""Verified against for an unknown account, so that it takes the same time as a known one."""


def _prepared(password: str) -> bytes:
    return base64.b64encode(hashlib.sha256(password[:LONGEST].encode("utf-8", "surrogatepass")).digest())
