"""`dataclass` as the standard library has it, but with one __repr__, __eq__ and __hash__ for all classes together.

The standard library writes and compiles these anew for each class, and two more for a frozen one: 8 kB a class, of
which we have almost four hundred. What a class looks like from outside is the same; a test compares the two.
"""

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls=None, /, *, repr=True, eq=True, order=False, unsafe_hash=False, frozen=False, **more):  # noqa: A002
        """See `dataclasses.dataclass`. Methods a class has of its own stay, as there."""

        def made(plain):
            return _made(plain, repr, eq, order, unsafe_hash, frozen, more)

        return made if cls is None else made(cls)


_compared: dict[type, Callable[[Any], Any]] = {}
_hashed: dict[type, Callable[[Any], Any]] = {}
"""What makes two equal, and what is hashed, by class; known once it was needed."""


def _made(
    plain: type, repr_: bool, eq: bool, order: bool, unsafe_hash: bool, frozen: bool, more: dict[str, Any]
) -> type:
    own = set(plain.__dict__)
    made: type
    if order or unsafe_hash:  # seldom, and not worth rules of our own
        made = dataclasses.dataclass(repr=False, eq=eq, order=order, unsafe_hash=unsafe_hash, frozen=frozen, **more)(
            plain
        )
    else:
        made = dataclasses.dataclass(repr=False, eq=False, frozen=frozen, **more)(plain)
        if eq and "__eq__" not in own:
            made.__eq__ = _equal  # type: ignore[assignment]
        if eq and "__hash__" not in own - _implied(plain):
            made.__hash__ = _hash if frozen else None  # type: ignore[assignment]
    if repr_ and "__repr__" not in own:
        made.__repr__ = _repr  # type: ignore[assignment]
    if frozen:
        made.__setattr__ = _set  # type: ignore[assignment]
        made.__delattr__ = _delete  # type: ignore[assignment]
    return made


def _implied(plain: type) -> set[str]:
    """A class that defines __eq__ gets `__hash__ = None` by that alone: it did not say so."""
    names = plain.__dict__
    return {"__hash__"} if "__eq__" in names and names.get("__hash__") is None else set()


def _tuple_of(cls: type, chosen: Callable[[dataclasses.Field[Any]], bool | None]) -> Callable[[Any], Any]:
    names = [one.name for one in dataclasses.fields(cls) if chosen(one)]
    # of one name attrgetter would make the value itself, and NaN is equal to itself in a tuple only
    return attrgetter(*names if len(names) > 1 else names * 2) if names else _nothing


def _nothing(_: object) -> tuple[()]:
    return ()


def _equal(self: object, other: object) -> Any:
    cls = self.__class__
    if other.__class__ is not cls:
        return NotImplemented
    key = _compared.get(cls)
    if key is None:
        key = _compared[cls] = _tuple_of(cls, lambda one: one.compare)
    return key(self) == key(other)


def _hash(self: object) -> int:
    cls = self.__class__
    key = _hashed.get(cls)
    if key is None:
        key = _hashed[cls] = _tuple_of(cls, lambda one: one.compare if one.hash is None else one.hash)
    return hash(key(self))


@recursive_repr()
def _repr(self: Any) -> str:
    shown = [f"{one.name}={getattr(self, one.name)!r}" for one in dataclasses.fields(self) if one.repr]
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _is_fixed(self: Any, name: str) -> bool:
    cls = type(self)
    return "__dataclass_params__" in cls.__dict__ or name in cls.__dataclass_fields__


def _set(self: object, name: str, value: object) -> None:
    if _is_fixed(self, name):
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
    object.__setattr__(self, name, value)


def _delete(self: object, name: str) -> None:
    if _is_fixed(self, name):
        raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
    object.__delattr__(self, name)
