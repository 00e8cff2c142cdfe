"""What there is to check, read in one snapshot."""

import sqlite3
from collections.abc import Sequence

from mailapp.config import Config
from mailapp.flow.check_choices import choices_of
from mailapp.flow.check_surroundings import Surroundings
from mailapp.flow.looking_up import Lookup, read_servers
from mailapp.seal import Seal
from mailapp.store import domains, relays


def survey(db: sqlite3.Connection, config: Config, listeners: Sequence[tuple[str, int]]) -> Surroundings:
    """What there is to check, read in one snapshot."""
    chosen = choices_of(db)
    known = domains.all_(db)
    return Surroundings(
        config=config,
        domains=known,
        routes=[(each.name, tuple(relays.for_domain(db, each.name))) for each in known],
        relays=[each for each in relays.all_(db) if each.is_active],
        choices=chosen,
        lookup=Lookup(_servers(chosen.dns_servers)),
        seal=Seal(config.key_file),
        listeners=listeners,
        backups=config.data_dir / "backups",
    )


def _servers(text: str) -> list[tuple[str, int]]:
    try:
        return read_servers(text)
    except ValueError:
        return []
