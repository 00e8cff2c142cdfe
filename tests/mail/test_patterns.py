"""What patterns may not use, because the Python of a system we run on gets it wrong."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

import pytest

import mailapp

MODULES = [one.name for one in pkgutil.walk_packages(mailapp.__path__, "mailapp.") if not one.name.endswith("__main__")]
ONE_CHARACTER = (sre.LITERAL, sre.NOT_LITERAL, sre.IN, sre.ANY)


def test_no_group_is_repeated_possessively() -> None:
    """Until Python 3.11.4 (Debian 12 has 3.11.2) the turn that fails leaves behind what it read: bpo gh-106052.

    `(?>(?:...)*)` says the same and is right everywhere; repeating one character, as in `[^x]*+`, is right as well.
    """
    wrong = [f"{module}.{name}" for module in MODULES for name, each in _patterns(module) if _repeats_a_group(each)]
    assert wrong == []


def _patterns(module: str) -> Iterator[tuple[str, re.Pattern[Any]]]:
    for name, value in vars(importlib.import_module(module)).items():
        held = value.values() if isinstance(value, dict) else value if isinstance(value, tuple | list) else (value,)
        yield from ((name, each) for each in held if isinstance(each, re.Pattern))


def _repeats_a_group(pattern: re.Pattern[Any]) -> bool:
    return any(_walk(_parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)))


def _walk(parsed: Any) -> Iterator[bool]:
    for operation, argument in parsed:
        if operation is sre.POSSESSIVE_REPEAT:
            yield len(argument[2]) != 1 or argument[2][0][0] not in ONE_CHARACTER
        for inner in argument if isinstance(argument, tuple | list) else (argument,):
            if isinstance(inner, _parser.SubPattern):
                yield from _walk(inner)
            elif isinstance(inner, list):
                for each in inner:
                    if isinstance(each, _parser.SubPattern):
                        yield from _walk(each)


@pytest.mark.parametrize("pattern", [r"(?:a|bc)*+", r"x(?:(?:ab)++|y)", r"(?=(?:ab|c)?+d)"])
def test_the_search_for_them_finds_them(pattern: str) -> None:
    assert _repeats_a_group(re.compile(pattern))


@pytest.mark.parametrize("pattern", [r"[^x]*+a++.?+", r"(?>(?:ab|c)*)", r"(?:ab)*"])
def test_the_search_for_them_finds_nothing_else(pattern: str) -> None:
    assert not _repeats_a_group(re.compile(pattern))
