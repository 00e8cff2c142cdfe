"""What an account chooses about writing (how long sending can be undone, its signatures) and about its lists."""

import sqlite3
from collections.abc import Mapping

from mailapp.events import Bus, Changed
from mailapp.flow.signing_in import SigningIn
from mailapp.mail.address import fold
from mailapp.store import accounts, adapted_senders, addresses, changes, signatures
from mailapp.store.database import Database

SIGNATURE_LONGEST = 2_000
"""Characters."""
SEPARATORS = ("-- \n", "--\n")
"""What stands between a letter and its signature: compose sets it, so that one typed with the text is left out."""


async def set_writing(database: Database, account_id: int, undo_send_s: int, texts: Mapping[str, str]) -> None:
    """Write the seconds and the signature of each address in `texts`; addresses of others are left out.

    Who caches accounts has to forget them after this.
    """

    def write(db: sqlite3.Connection) -> None:
        accounts.set_undo_send(db, account_id, undo_send_s)
        own = addresses.of_account(db, account_id)
        for address, text in texts.items():
            if fold(address) in own:
                signatures.set_(db, account_id, fold(address), _unseparated(text)[:SIGNATURE_LONGEST])

    await database.write(write)


def _unseparated(text: str) -> str:
    for each in SEPARATORS:
        text = text.removeprefix(each)
    return text


async def set_adapted(database: Database, account_id: int, address: str, adapted: bool) -> None:
    """Adapt mail of this folded address to the dark from now on, or show it as it was sent."""
    await database.write(adapted_senders.set_, account_id, address, adapted)


async def set_file_codes(database: Database, account_id: int, on: bool) -> None:
    """Archive mail with a code by itself, or leave it. Who caches accounts has to forget them after this."""
    await database.write(accounts.set_file_codes, account_id, on)


async def set_person(
    database: Database,
    bus: Bus,
    signing_in: SigningIn,
    account_id: int,
    *,
    name: str,
    language: str,
    time_zone: str,
    theme: str,
) -> None:
    """Write who somebody is and how pages are to look; values are checked by the caller. Open pages are loaded anew."""

    def write(db: sqlite3.Connection) -> int:
        accounts.set_preferences(db, account_id, name=name, language=language, time_zone=time_zone, theme=theme)
        return changes.add(db, account_id, changes.DISPLAY)

    _show_anew(bus, signing_in, account_id, await database.write(write))


async def set_display(
    database: Database,
    bus: Bus,
    signing_in: SigningIn,
    account_id: int,
    *,
    density: str,
    page_size: int,
    remote_images: str,
    conversations: bool,
) -> None:
    """Write how lists and letters are shown; values are checked by the caller. Open pages are loaded anew."""

    def write(db: sqlite3.Connection) -> int:
        accounts.set_display(
            db,
            account_id,
            density=density,
            page_size=page_size,
            remote_images=remote_images,
            conversations=conversations,
        )
        return changes.add(db, account_id, changes.DISPLAY)

    _show_anew(bus, signing_in, account_id, await database.write(write))


def _show_anew(bus: Bus, signing_in: SigningIn, account_id: int, seq: int) -> None:
    signing_in.forget()  # before anybody is told: streams ask who they belong to
    bus.publish(Changed(account_id, seq))
