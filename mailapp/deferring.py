"""Modules of libraries that are imported at the start and may never be needed: they run at first use.

Hypercorn imports HTTP/2 whoever it talks to, click's test tools a debugger, aiosmtpd an SMTP client. A module named
here is found when it is imported, as ever, so that a missing one is an ImportError; its code runs, whole and once,
when something in it is asked for. `from module import name` asks.
"""

import sys
import threading
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

_running = threading.RLock()
_now: set[str] = set()
"""Modules whose code runs right now."""


class Deferred(ModuleType):
    """A module whose code has not run yet."""

    def __getattr__(self, name: str) -> Any:
        """Asked for what is not there: runs the code first. Raises what it raises, or AttributeError."""
        with _running:
            # not where another thread has just done it, nor from within: as ever with imports in a circle
            if type(self) is Deferred and self.__name__ not in _now:
                _run(self)
        return ModuleType.__getattribute__(self, name)


def _run(module: Deferred) -> None:
    spec = module.__spec__
    assert spec is not None
    assert isinstance(spec.loader, _Loader)
    _now.add(module.__name__)
    try:
        spec.loader.whole.exec_module(module)
        module.__class__ = ModuleType  # type: ignore[assignment]
    finally:
        _now.discard(module.__name__)


class _Loader(Loader):
    """Makes the module as its own loader does, and leaves its code for later."""

    def __init__(self, whole: Loader) -> None:
        self.whole = whole

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.whole.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__class__ = Deferred

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)  # get_source, get_data: tracebacks and importlib.resources ask for them


class Deferring(MetaPathFinder):
    """Finds the modules of these names, and what lies in them, as the path does."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._inside = tuple(f"{name}." for name in names)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self.names and not fullname.startswith(self._inside):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.loader is None or not hasattr(spec.loader, "exec_module"):
            return spec
        spec.loader = _Loader(spec.loader)
        return spec


def defer(names: Sequence[str]) -> None:
    """From now on; once per process."""
    if not any(isinstance(finder, Deferring) for finder in sys.meta_path):
        sys.meta_path.insert(0, Deferring(names))
