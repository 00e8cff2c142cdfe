"""How many connections there are, and whose."""

import resource
from typing import Protocol


class Guest(Protocol):
    """A connection as the registry sees it."""

    client: str
    """Key of its client, see client_key()."""

    @property
    def idle(self) -> bool:
        """It waits for a command and no message is under way."""

    def hang_up(self, reply: str) -> None:
        """Send a last reply and close."""


class Connections:
    """Open connections, by client. In order of arrival within a client."""

    def __init__(self, total: int, per_client: int) -> None:
        self.total = total
        self.per_client = per_client
        self._clients: dict[str, dict[Guest, None]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def of(self, client: str) -> int:
        """Open connections of one client."""
        return len(self._clients.get(client, ()))

    def admit(self, client: str) -> bool:
        """Say whether one more of this client may come in.

        At the total limit, the oldest idle connection of the client that has the most makes room for it.
        """
        if self.of(client) >= self.per_client:
            return False
        return self._count < self.total or self._make_room(client)

    def enter(self, guest: Guest) -> None:
        """Count a connection."""
        self._clients.setdefault(guest.client, {})[guest] = None
        self._count += 1

    def leave(self, guest: Guest) -> None:
        """Count it no longer. May be called twice."""
        of_client = self._clients.get(guest.client)
        if of_client is None or guest not in of_client:
            return
        del of_client[guest]
        self._count -= 1
        if not of_client:
            del self._clients[guest.client]

    def all(self) -> list[Guest]:
        """Every open connection."""
        return [guest for guests in self._clients.values() for guest in guests]

    def _make_room(self, client: str) -> bool:
        most = max(self._clients.values(), key=len)
        if len(most) <= self.of(client) + 1:
            return False
        victim = next((guest for guest in most if guest.idle), None)
        if victim is None:
            return False
        self.leave(victim)
        victim.hang_up("421 4.7.0 Too many connections, making room")
        return True


def raise_file_limit(most: int = 65_536) -> int:
    """Raise the soft limit on open files towards the hard one, at most to `most`; return what holds now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return soft if soft != resource.RLIM_INFINITY else most
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):
        return soft
    return wanted
