"""Our dataclasses are the standard library's, seen from outside."""

import dataclasses
import pickle
import sys
from collections.abc import Callable
from math import nan
from typing import Any, ClassVar

import pytest

from mailapp import values

KINDS = [
    {},
    {"frozen": True},
    {"slots": True},
    {"frozen": True, "slots": True},
    {"eq": False},
    {"repr": False, "frozen": True},
    {"unsafe_hash": True, "slots": True},
    {"frozen": True, "order": True},
    {"kw_only": True, "frozen": True},
]


FIELD_BY_FIELD = sys.version_info >= (3, 13)
"""How the standard library compares from then on: NaN is no longer equal to itself, as it is in our tuples."""


def _plain() -> type:
    class Point:
        """Here."""

        x: float
        name: str = dataclasses.field(default="n", repr=False)
        note: Any = dataclasses.field(default=None, compare=False)
        salt: int = dataclasses.field(default=0, hash=False)
        where: ClassVar[str] = "nowhere"

    return Point


def _both(kind: dict[str, Any], plain: Callable[[], type] = _plain) -> tuple[type, type]:
    return values.dataclass(**kind)(plain()), dataclasses.dataclass(**kind)(plain())


def _told(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except (TypeError, AttributeError) as error:
        return type(error), str(error).replace("FrozenInstanceError", "")


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_class_looks_and_does_as_the_standard_librarys(kind: dict[str, Any]) -> None:
    seen = []
    for cls in _both(kind):
        one, same = cls(x=1.5, note=[]), cls(x=1.5, note=7)
        others = [cls(x=1.5, salt=1), cls(x=1.5, name="m"), cls(x=2.0), 1.5]
        not_a_number = cls(x=nan)
        hashes = _told(lambda one=one: hash(one)) if kind.get("eq", True) else "by identity"  # type: ignore[misc]
        shown = repr(one) if kind.get("repr", True) else repr(one).partition(" at ")[0]
        seen.append(
            [
                shown, one == same, one != same, *(one == other for other in others),
                *([] if FIELD_BY_FIELD else [not_a_number == not_a_number, not_a_number == cls(x=nan)]), hashes,
                _told(lambda one=one: setattr(one, "x", 3)),  # type: ignore[misc]
                _told(lambda same=same, cls=cls: same < cls(x=9)),  # type: ignore[misc]
                dataclasses.asdict(same), dataclasses.replace(one, x=4).x, cls.__match_args__, hasattr(one, "__dict__"),
                _told(lambda one=one: delattr(one, "name")),  # type: ignore[misc]
            ]
        )  # fmt: skip
    assert seen[0] == seen[1]


def test_of_a_frozen_class_nothing_else_is_set_either() -> None:
    for kind in ({"frozen": True}, {"frozen": True, "slots": True}):  # theirs raises TypeError for the second
        with pytest.raises(dataclasses.FrozenInstanceError):
            values.dataclass(**kind)(_plain())(1).other = 3


def test_methods_a_class_has_of_its_own_stay() -> None:
    def own() -> type:
        class Own:
            x: int = 1

            def __repr__(self) -> str:
                return "own"

            def __eq__(self, other: object) -> bool:
                return True

        return Own

    def with_hash() -> type:
        cls = own()
        cls.__hash__ = lambda self: 7  # type: ignore[assignment,method-assign]
        return cls

    for kind in ({}, {"frozen": True}, {"slots": True, "frozen": True}):
        for plain in (own, with_hash):
            ours, theirs = _both(kind, plain)
            assert repr(ours()) == repr(theirs()) == "own"
            assert ours() == 5
            assert (ours.__hash__ is None) == (theirs.__hash__ is None)
            assert plain is own or hash(ours()) == hash(theirs()) == 7


def test_classes_inherit_and_are_told_apart() -> None:
    for make in (values.dataclass, dataclasses.dataclass):
        base = make(frozen=True)(_plain())
        longer = make(frozen=True)(type("Longer", (base,), {"__annotations__": {"more": int}, "more": 3}))
        loose = type("Loose", (base,), {})
        assert base(1) != longer(1)
        assert longer(1) == longer(1)
        assert longer(1) != longer(1, more=4)
        assert "more=3" in repr(longer(1))
        assert loose(1) == loose(1) != base(1)
        free = loose(1)
        free.beside = 2
        assert free.beside == 2
        with pytest.raises(dataclasses.FrozenInstanceError):
            free.x = 2
        with pytest.raises(TypeError):
            make()(type("Thawed", (base,), {}))


@values.dataclass(frozen=True, slots=True)
class Kept:
    inner: list[Any]


def test_they_are_packed_copied_and_shown_even_within_themselves() -> None:
    one = Kept([1])
    assert pickle.loads(pickle.dumps(one)) == one
    one.inner.append(one)
    assert repr(one) == "Kept(inner=[1, ...])"


def test_what_the_methods_are_made_of_is_shared() -> None:
    first, second = values.dataclass(frozen=True)(_plain()), values.dataclass(frozen=True, slots=True)(_plain())
    for name in ("__repr__", "__eq__", "__hash__", "__setattr__", "__delattr__"):
        assert getattr(first, name) is getattr(second, name)
