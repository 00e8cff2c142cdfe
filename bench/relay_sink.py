"""A fast relay for measurements: stock aiosmtpd that writes down what it took.

python -m bench.relay_sink PORT LOG [--pause MS]

One line per message, written before its 250: the time in seconds, the recipients with commas, the tag in the subject.
"""

import asyncio
import random
import re
import sys
import time
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

TAG = re.compile(rb"\bn(\d+)\b")


class Taken:
    """Appends to the log, then says 250."""

    def __init__(self, log: Path, pause_ms: float) -> None:
        self.file = log.open("a", encoding="ascii", buffering=1)
        self.pause_ms = pause_ms

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.pause_ms:
            await asyncio.sleep(random.uniform(0, self.pause_ms) / 1000)
        subject = envelope.content.partition(b"\nSubject:")[2].partition(b"\n")[0]
        found = TAG.search(subject)
        number = found[1].decode() if found else "-1"
        self.file.write(f"{time.time():.6f} {','.join(envelope.rcpt_tos)} {number}\n")
        if self.pause_ms:
            await asyncio.sleep(random.uniform(0, self.pause_ms) / 1000)
        return "250 2.0.0 OK"


async def listen(port: int, log: Path, pause_ms: float) -> None:
    loop = asyncio.get_running_loop()
    handler = Taken(log, pause_ms)
    server = await loop.create_server(
        lambda: SMTP(handler, hostname="relay.example", loop=loop, data_size_limit=64 << 20), "127.0.0.1", port
    )
    await server.serve_forever()


def main() -> None:
    pause = float(sys.argv[sys.argv.index("--pause") + 1]) if "--pause" in sys.argv else 0.0
    work = listen(int(sys.argv[1]), Path(sys.argv[2]), pause)
    try:
        import uvloop
    except ImportError:
        asyncio.run(work)
    else:
        uvloop.run(work)


if __name__ == "__main__":
    main()
