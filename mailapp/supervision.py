"""Telling the service manager how we are: READY, WATCHDOG and STOPPING over its socket (sd_notify(3))."""

import asyncio
import socket
from collections.abc import Callable, Sequence

from mailapp import maillog


class Supervision:
    """One per process. Says nothing where nobody listens, and never waits for who does."""

    def __init__(self, notify_socket: str, watchdog_s: float) -> None:
        """`notify_socket` is a path or, after an @, a name in the abstract namespace; "" for nobody."""
        self._address = notify_socket.replace("@", "\0", 1) if notify_socket.startswith("@") else notify_socket
        self._watchdog_s = watchdog_s

    async def run(self, health: Callable[[], Sequence[str]]) -> None:
        """Say that we are ready, then that all is well for as long as it is; when cancelled, that we stop.

        `health` returns what is not alive. While something is not, the watchdog hears nothing and starts us anew. It
        runs on the event loop, so that a loop that hangs is noticed as well.
        """
        if not self._address:
            return
        self._tell("READY=1\nSTATUS=Receiving mail")
        try:
            await self._watch(health)
        finally:
            self._tell("STOPPING=1\nSTATUS=Stopping")

    async def _watch(self, health: Callable[[], Sequence[str]]) -> None:
        ailing: Sequence[str] = []
        while True:
            # half the time it gives us, so that one late round costs nothing
            await asyncio.sleep(self._watchdog_s / 2 or 60)
            found = list(health())
            if found != ailing:
                self._tell(f"STATUS=Not alive: {', '.join(found)}" if found else "STATUS=Receiving mail")
                ailing = found
            if not found and self._watchdog_s:
                self._tell("WATCHDOG=1")

    def _tell(self, state: str) -> None:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK) as out:
                out.sendto(state.encode(), self._address)
        except OSError as error:
            maillog.warning(f"the service manager does not hear us: {error.strerror or error}")
