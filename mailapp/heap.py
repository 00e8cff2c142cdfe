"""The C library's heap, where it is glibc's: how many arenas it may open, and giving back what it keeps."""

import ctypes

_ARENA_MAX = -8
"""M_ARENA_MAX of <malloc.h>."""
_libc = ctypes.CDLL(None)


def keep_small() -> None:
    """Let all threads share one arena, before the first starts: each of its own keeps 0.2 MB and more for good."""
    set_option = getattr(_libc, "mallopt", None)
    if set_option is not None:
        set_option(_ARENA_MAX, 1)


def give_back() -> None:
    """Return what is free to the system; the allocator keeps it otherwise. After large mail it takes a while: in a
    thread."""
    trim = getattr(_libc, "malloc_trim", None)
    if trim is not None:
        trim(0)
