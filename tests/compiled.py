"""Templates and routes are compiled once a process: every test makes a site, and half of its time went into that.

What comes out is code, the same for the same source; what it works on (environments, rules) stays each site's own.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType
from typing import Any
from unittest.mock import patch

from jinja2 import Environment
from werkzeug.routing import Rule


@contextmanager
def compiled_once() -> Iterator[None]:
    """Remember what Jinja and Werkzeug compile, while inside."""
    with (
        patch.object(Environment, "compile", _templates(Environment.compile)),
        patch.object(Rule, "_compile_builder", _routes(Rule._compile_builder)),
    ):
        yield


def _templates(compile_: Callable[..., Any]) -> Callable[..., Any]:
    kept: dict[tuple[str, str, str], CodeType] = {}

    def compiled(self: Environment, source: Any, name: str | None = None, *more: Any, **options: Any) -> Any:
        # mailapp has one environment a language, alike but for the words web/pages.py puts in
        language = self.globals.get("lang")
        if not isinstance(language, str) or not isinstance(source, str) or name is None or options:
            return compile_(self, source, name, *more, **options)
        key = (language, name, source)
        if key not in kept:
            kept[key] = compile_(self, source, name, *more)
        return kept[key]

    return compiled


def _routes(compile_: Callable[..., Any]) -> Callable[..., Any]:
    kept: dict[tuple[Any, ...], Any] = {}

    def compiled(self: Rule, append_unknown: bool = True) -> Any:
        if self.defaults:  # these are turned into text by the rule's own converters
            return compile_(self, append_unknown)
        key = (self.rule, tuple(self._trace), append_unknown)
        if key not in kept:
            kept[key] = compile_(self, append_unknown)
        return kept[key]

    return compiled
