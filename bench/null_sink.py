"""The measure: stock aiosmtpd on stock asyncio whose handler answers at once and keeps nothing.

python -m bench.null_sink PORT [--uvloop]
"""

import asyncio
import sys
from typing import Any

from aiosmtpd.smtp import SMTP


class Nothing:
    """Says 250 to every message and forgets it."""

    async def handle_DATA(self, _server: Any, _session: Any, _envelope: Any) -> str:
        return "250 OK"


async def listen(port: int) -> None:
    """Serve on the loopback address until the process is ended."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(Nothing(), hostname="null.example", loop=loop, data_size_limit=64 << 20), "127.0.0.1", port
    )
    await server.serve_forever()


def main() -> None:
    port = int(sys.argv[1])
    if "--uvloop" in sys.argv[2:]:
        import uvloop

        uvloop.run(listen(port))
    else:
        asyncio.run(listen(port))


if __name__ == "__main__":
    main()
