"""Checks in a process of their own: DNS, certificates and TLS would leave some 25 MB in the server for ever."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

from mailapp.config import Config, environment
from mailapp.flow.check_finding import Finding, Plan, RunFailed
from mailapp.flow.checking import of_json

ALL_S = 90.0
"""Seconds a run may take, the start of its interpreter included; it gives up by itself well before."""
LINE_MAX = 1 << 20
MODULE = "mailapp.commands.check"


async def in_child(config: Config, smtp: Sequence[tuple[str, int]], domain: str) -> AsyncIterator[Plan | Finding]:
    """A run by `mailapp check --lines` against this server. Raises RunFailed."""
    try:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", MODULE, "--lines", "--domain", domain),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment(config, smtp),
            limit=LINE_MAX,
        )
    except OSError:
        raise RunFailed from None
    left = -1
    try:
        async with asyncio.timeout(ALL_S):
            assert child.stdout is not None
            async for line in child.stdout:
                each = _read(line)
                left = len(each.keys) if isinstance(each, Plan) else left - 1
                yield each
            await child.wait()
    except (TimeoutError, ValueError, KeyError, TypeError):
        raise RunFailed from None
    finally:
        with suppress(ProcessLookupError):
            child.kill()
    if left != 0:
        raise RunFailed


def _read(line: bytes) -> Plan | Finding:
    """Raises ValueError, KeyError, TypeError."""
    data = json.loads(line)
    return Plan(tuple(tuple(each) for each in data["plan"])) if "plan" in data else of_json(data)
