"""The text format of Prometheus, version 0.0.4: metric families with their help, type and samples."""

import re
from collections.abc import Iterator, Mapping, Sequence

from mailapp.values import dataclass

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
KINDS = ("counter", "gauge", "histogram", "untyped")

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Family:
    """One metric. A name or kind the format does not know raises ValueError when it is written."""

    name: str
    kind: str
    help: str
    samples: Sequence[tuple[Labels, float]] = ()
    histograms: Sequence["Histogram"] = ()


@dataclass(frozen=True, slots=True)
class Histogram:
    labels: Labels
    bounds: Sequence[float]
    """Upper ends of the classes."""
    classes: Sequence[int]
    """How many lie in each; one more than bounds."""
    total: float
    """Of all that was measured."""


def exposition(families: Sequence[Family]) -> str:
    """The whole text, ending in a line feed."""
    return "".join(line + "\n" for family in families for line in _lines(family))


def _lines(family: Family) -> Iterator[str]:
    if not _NAME.fullmatch(family.name) or family.kind not in KINDS:
        raise ValueError(f"not a metric: {family.name} {family.kind}")
    yield f"# HELP {family.name} {_escaped(family.help)}"
    yield f"# TYPE {family.name} {family.kind}"
    for labels, value in family.samples:
        yield f"{family.name}{_labels(labels)} {_number(value)}"
    for one in family.histograms:
        yield from _histogram(family.name, one)


def _histogram(name: str, one: Histogram) -> Iterator[str]:
    if len(one.classes) != len(one.bounds) + 1:
        raise ValueError(f"{name}: {len(one.classes)} classes for {len(one.bounds)} bounds")
    below = 0
    for bound, number in zip((*one.bounds, float("inf")), one.classes, strict=True):
        below += number
        yield f"{name}_bucket{_labels({**one.labels, 'le': _number(bound)})} {below}"
    yield f"{name}_sum{_labels(one.labels)} {_number(one.total)}"
    yield f"{name}_count{_labels(one.labels)} {below}"


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    for name in labels:
        if not _LABEL.fullmatch(name):
            raise ValueError(f"not a label: {name}")
    inner = ",".join(f'{name}="{_escaped(value, quotes=True)}"' for name, value in labels.items())
    return "{" + inner + "}"


def _escaped(text: str, *, quotes: bool = False) -> str:
    text = text.replace("\\", "\\\\").replace("\n", "\\n")
    return text.replace('"', '\\"') if quotes else text


def _number(value: float) -> str:
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))
