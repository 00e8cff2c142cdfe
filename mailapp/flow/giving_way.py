"""Long work in a thread lets go of the interpreter sooner than short work does."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SWITCH_S = 0.0001
"""How long such a thread keeps the interpreter from one that waits. A delivery's transaction is two dozen statements,
and the writer's thread asks for the interpreter after each: at the millisecond that suits the rest it took 30 ms."""


class _Usual:
    """What stands while nobody works for long."""

    lock = threading.Lock()
    at_work = 0
    interval = 0.0


@contextmanager
def giving_way() -> Iterator[None]:
    """For a thread while it works; several may at once, and the last to end puts things back."""
    with _Usual.lock:
        if not _Usual.at_work:
            _Usual.interval = sys.getswitchinterval()
            sys.setswitchinterval(SWITCH_S)
        _Usual.at_work += 1
    try:
        yield
    finally:
        with _Usual.lock:
            _Usual.at_work -= 1
            if not _Usual.at_work:
                sys.setswitchinterval(_Usual.interval)
