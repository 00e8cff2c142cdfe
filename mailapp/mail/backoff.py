"""When a deferred recipient is tried again (RFC 5321 4.5.4.1)."""

GIVE_UP_S = 5 * 24 * 3600
"""Seconds after its submission in which a message is tried; then it has failed."""
WARN_S = 4 * 3600
"""Seconds after which its sender is told of the delay."""

_DELAYS_S = (60, 300, 900, 1800)
_LATER_S = 3600
_SPREAD = 0.1


def next_attempt(attempts: int, now_s: float, jitter: float) -> float:
    """The time of the next attempt in seconds, after `attempts` made so far.

    After 1, 5, 15 and 30 minutes, then every hour; each up to a tenth sooner (`jitter` 0) or later (`jitter` 1), so
    that what failed together does not come back together.
    """
    step = max(attempts, 1) - 1
    delay = _DELAYS_S[step] if step < len(_DELAYS_S) else _LATER_S
    return now_s + delay * (1 - _SPREAD + 2 * _SPREAD * min(max(jitter, 0.0), 1.0))
