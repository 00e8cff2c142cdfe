"""Sizes as people type them: 500 MB, 2GB, 1.5 GiB."""

import re
import unicodedata

UNITS = {
    "": 1, "B": 1,
    "K": 10**3, "KB": 10**3, "M": 10**6, "MB": 10**6, "G": 10**9, "GB": 10**9, "T": 10**12, "TB": 10**12,
    "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "TIB": 1 << 40,
}  # fmt: skip
LARGEST = 10**15
LONGEST = 40
_SIZE = re.compile(r"([0-9]{1,15})(?:[.,]([0-9]{1,6}))?\s*([A-Z]{0,3})")


def parse_size(text: str) -> int | None:
    """Bytes, from 1 to LARGEST; None for what is no size. Full-width letters and digits count as others."""
    found = _SIZE.fullmatch(unicodedata.normalize("NFKC", text[:LONGEST]).strip().upper())
    if found is None or found[3] not in UNITS:
        return None
    unit, fraction = UNITS[found[3]], found[2] or ""
    size = int(found[1]) * unit + (int(fraction) * unit // 10 ** len(fraction) if fraction else 0)
    return size if 0 < size <= LARGEST else None


def size_text(size: int) -> str:
    """Bytes as people read them: 214 KB, 4.2 MB, 1.5 GB."""
    if size < 1_000:
        return f"{size} B"
    if size < 999_500:
        return f"{round(size / 1_000)} KB"
    if size < 999_950_000:
        return f"{size / 1_000_000:.1f} MB"
    return f"{size / 1_000_000_000:.1f} GB"


def exact_size(size: int) -> str:
    """Bytes in the largest unit that takes nothing off them: what `parse_size` reads again."""
    for unit in ("TB", "GB", "MB", "KB"):
        if size % UNITS[unit] == 0:
            return f"{size // UNITS[unit]} {unit}"
    return f"{size} B"
