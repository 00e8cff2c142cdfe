"""Tables for people: what was measured, on what, from which commit."""

import json
import os
import platform
import sqlite3
import statistics
import subprocess
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.servers import ROOT


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the values lie; 0.0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def median(values: Iterable[float]) -> float:
    ordered = list(values)
    return statistics.median(ordered) if ordered else 0.0


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Median and range of a series: `1.23 (1.10-1.40)`."""
    return f"{median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})" if values else "-"


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A markdown table."""
    lines = ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def verdict(met: bool) -> str:
    return "met" if met else "**missed**"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def circumstances() -> str:
    """Commit, machine, versions, date, as a markdown list."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith(("model name", "Model"))
        ),
        platform.machine(),
    )
    memory = int(Path("/proc/meminfo").read_text().split()[1]) // 1024
    changed = [line for line in _git("status", "--porcelain").splitlines() if line]
    state = f" with {len(changed)} uncommitted paths" if changed else ""
    names = ("quart", "hypercorn", "aiosmtpd", "uvloop", "nh3")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    load = os.getloadavg()[0]
    return "\n".join(
        (
            f"- Commit: {_git('rev-parse', 'HEAD') or 'unknown'}{state}",
            f"- Machine: {model}, {os.cpu_count()} cores, {memory} MB, {platform.system()} {platform.release()}; "
            f"load before the run {load:.1f}",
            f"- Versions: Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {versions}",
            f"- Date: {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        )
    )


def write(out: str, title: str, sections: Sequence[str], raw: object = None) -> None:
    """Print the sections; with `out`, also write them there as a page, and `raw` as JSON beside it."""
    text = "\n\n".join((f"# {title}", circumstances(), *sections)) + "\n"
    print(text)
    if out:
        Path(out).write_text(text)
        if raw is not None:
            Path(out).with_suffix(".json").write_text(json.dumps(raw, indent=1, ensure_ascii=False) + "\n")
