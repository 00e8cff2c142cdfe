"""The measure for sending: one connection, aiosmtplib's sendmail in a loop.

python -m bench.bare_loop PORT MESSAGES FIRST
"""

import sys
from datetime import UTC, datetime

import aiosmtplib
import uvloop

from bench.queue_fill import letter, recipient
from mailapp.mail.compose import Outgoing, compose
from mailapp.mail.message import Person

SENDER = "sender@bench.example"
PLACEHOLDER = b"n000000000000"


def contents() -> list[bytes]:
    """What our own queue sends, with a number to fill in."""
    made = []
    for number in range(8):
        outgoing = Outgoing(
            from_=Person("", SENDER),
            to=(Person("", recipient(number)),),
            subject=f"Letter {PLACEHOLDER.decode()}",
            text=letter(number),
            message_id=f"{number}@mail.bench.example",
            date=datetime.now(UTC),
        )
        made.append(b"".join(compose(outgoing)))
    return made


async def send(port: int, messages: int, first: int) -> None:
    """Send so many messages of 4 KB, each to one recipient, as fast as one loop goes."""
    made = contents()
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False, timeout=60)
    await client.connect()
    for number in range(first, first + messages):
        content = made[number % len(made)].replace(PLACEHOLDER, b"n%012d" % number)
        await client.sendmail(SENDER, [recipient(number)], content)
    await client.quit()


def main() -> None:
    port, messages, first = map(int, sys.argv[1:4])
    uvloop.run(send(port, messages, first))


if __name__ == "__main__":
    main()
