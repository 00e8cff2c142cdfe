"""Where templates/, static/ and migrations/ lie: beside the package in a checkout, inside it in a wheel."""

from functools import cache
from pathlib import Path


@cache
def root() -> Path:
    """The directory that holds templates/, static/ and migrations/."""
    package = Path(__file__).resolve().parent
    return package if (package / "migrations").is_dir() else package.parent
