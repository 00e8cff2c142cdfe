"""Bar charts as numbers: the templates draw them as SVG, with classes and no style of their own."""

from collections.abc import Sequence

from mailapp.values import dataclass

SLOT = 12
"""Units of one place on the axis: a gap of 2, bars of 6 and 3, a gap between."""
HEIGHT = 100
TICKS = 4


@dataclass(frozen=True, slots=True)
class Place:
    """What happened in one hour or day."""

    label: str
    """Below the axis, "" for most."""
    said: str
    """All of it in words."""
    taken: int
    refused: int
    sent: int


@dataclass(frozen=True, slots=True)
class Block:
    look: str
    """taken, refused or sent."""
    x: int
    y: float
    width: int
    height: float


@dataclass(frozen=True, slots=True)
class Slot:
    x: int
    said: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    title: str
    said: str
    """What it shows, in a sentence."""
    width: int
    ticks: tuple[int, ...]
    """The numbers at the axis, the highest first."""
    lines: tuple[float, ...]
    """Where they stand."""
    slots: tuple[Slot, ...]
    labels: tuple[str, ...]


def chart(title: str, said: str, places: Sequence[Place]) -> Chart:
    """Taken with refused on top of it, and sent beside it, for each place."""
    most = max((max(each.taken + each.refused, each.sent) for each in places), default=0)
    step = _step(most)
    count = max(1, -(-most // step))
    top = step * count
    return Chart(
        title=title,
        said=said,
        width=SLOT * len(places),
        ticks=tuple(step * number for number in range(count, -1, -1)),
        lines=tuple(round(HEIGHT * number / count, 2) for number in range(count + 1)),
        slots=tuple(_slot(number * SLOT, each, top) for number, each in enumerate(places)),
        labels=tuple(each.label for each in places),
    )


def _slot(x: int, place: Place, top: int) -> Slot:
    taken, refused, sent = (HEIGHT * each / top for each in (place.taken, place.refused, place.sent))
    blocks = (
        Block("taken", x + 1, HEIGHT - taken, 6, taken),
        Block("refused", x + 1, HEIGHT - taken - refused, 6, refused),
        Block("sent", x + 8, HEIGHT - sent, 3, sent),
    )
    shown = (Block(each.look, each.x, round(each.y, 2), each.width, round(each.height, 2)) for each in blocks)
    return Slot(x, place.said, tuple(each for each in shown if each.height))


def _step(most: int) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50 ... of which at most TICKS reach `most`."""
    tens = 1
    while True:
        for factor in (1, 2, 5):
            if tens * factor * TICKS >= most:
                return tens * factor
        tens *= 10
