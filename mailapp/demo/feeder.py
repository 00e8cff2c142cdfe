"""Delivers the sample mail the way mail comes: over SMTP, first what is already old, then one every few seconds."""

import asyncio
import random
import smtplib
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

from mailapp.demo import samples

DEMO_ACCOUNTS: tuple[tuple[str, str], ...] = (("lin@demo.example", "林越"), ("ana@demo.example", "Ana Marques"))
"""Address and name of who reads the demo; the first is the administrator and catches all of the domain."""

TIMEOUT_S = 10.0
"""How long one delivery may take at any step."""


async def feed(
    smtp_address: tuple[str, int],
    recipients: Sequence[str],
    stop: asyncio.Event,
    *,
    first_delay: float = 1.0,
    interval: tuple[float, float] = (8.0, 15.0),
) -> None:
    """Deliver until `stop` is set. A letter that cannot be delivered is left out; the feeder never raises for it.

    `first_delay` seconds pass before the first letters, a random time within `interval` before each one after them.
    """
    if not recipients:
        return
    names = dict(DEMO_ACCOUNTS)
    number = int(datetime.now(UTC).timestamp()) % 1_000_000 * 10
    if await _pause(stop, first_delay):
        return
    for letter in samples.history():
        number += 1
        await _deliver(smtp_address, letter, recipients, names, number)
        if await _pause(stop, 0.05):
            return
    while True:
        for letter in samples.arrivals():
            if await _pause(stop, random.uniform(*interval)):
                return
            number += 1
            await _deliver(smtp_address, letter, recipients, names, number)


async def _pause(stop: asyncio.Event, seconds: float) -> bool:
    """Wait, at most until `stop` is set; whether it is."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
    return stop.is_set()


async def _deliver(
    smtp_address: tuple[str, int],
    letter: samples.Letter,
    recipients: Sequence[str],
    names: dict[str, str],
    number: int,
) -> None:
    address = recipients[letter.reader % len(recipients)]
    content = samples.build(letter, address, names.get(address, ""), number, datetime.now(UTC).astimezone())
    with suppress(OSError, smtplib.SMTPException):  # SMTPException is an OSError; said for the reader
        await asyncio.to_thread(_send, smtp_address, letter.reverse_path, letter.recipient(address), content)


def _send(smtp_address: tuple[str, int], reverse_path: str, recipient: str, content: bytes) -> None:
    host, port = smtp_address
    with smtplib.SMTP(host, port, local_hostname="demo.example", timeout=TIMEOUT_S) as client:
        client.sendmail(reverse_path, [recipient], content)
