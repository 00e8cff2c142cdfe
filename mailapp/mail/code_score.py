"""Which candidate a label speaks of: nearness, the words between, and what stands right before and behind."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from mailapp.mail.code import Kind
from mailapp.mail.code_claims import is_claimed
from mailapp.mail.code_labels import PLURAL, Label, Spot, Surroundings, labels, spots
from mailapp.mail.code_numbers import is_something_else
from mailapp.mail.code_shapes import Candidate, candidates, folded, letters, origin_bound
from mailapp.values import dataclass

_COPULA = re.compile(
    r"[\s:：=\-–—>*_\"'“”‘’「」『』【】\[\]()（）«»`|,，➜→➡▶]*(?:\.{2,}\s*)?"
    r"(?:is|are|as|was|below|here|ist|lautet|est|es|é|e|è|jest|to|is:|adalah|ialah|anda|là|của bạn|คือ|هو|هي|это|"
    r"это:|:|为|為|是"
    r"|은|는|이|가|は|が|を|に|olarak|şudur|ini|this|the following)?"
    r"[\s:：=\-–—>*_\"'“”‘’「」『』【】\[\]()（）«»`|,，➜→➡▶]*(?:\.{2,}\s*)?"
)
_LEADS = re.compile(
    r"(?:\b(?:is|are|as|here|ist|lautet|est|es|é|e|è|jest|to|är|er|adalah|là|คือ|هو|هي|это)|"
    r"[:：=\"'“‘「『【\[(（«`>*—–|➜→➡▶-]|"
    r"为|為|是|은|는|は|が)\s*\Z"
)
"""What stands right before a code and speaks of it."""
_BACK = re.compile(
    r"[\s:：*_\"'“”‘’「」『』【】\[\]()（）«»`|]*"
    r"(?:(?:is|ist|est|es|é|è|jest|to|är|er|adalah|là|ma|e [oa]|คือ|เป็น|هو|это|为|為|是|は|が|은|는|as|with this|kodu|"
    r"olarak)\b"
    r"|为|為|是|が|은|는|는|เป็น|[—–-](?=\s))"
)
_SENTENCE = re.compile(r"[.!?](?=\s)|[。！？;；]")
_ENTER = re.compile(
    r"\b(?:enter|type|use|input|insert|submit|paste|geben sie|gib|saisissez|entrez|utilisez|introduce|ingresa|usa|"
    r"digite|use o|"
    r"inserisci|voer|wpisz|użyj|введите|nhập|masukkan|gunakan)[ :\"“«]{1,3}\Z|(?:输入|輸入|使用|填写|入力|กรอก|"
    r"أدخل)[ :：「“]{0,2}\Z"
)
"""What bids the reader to type what follows."""
_COUNTED = re.compile(r" (?!is|as|to|ist|est|your|expires|valid|when|para|pour|için|чтобы)[^\W\d_]{4,}")
"""A number of somethings."""
_YEAR = re.compile(r"(?:19\d|20[0-4])\d")
MAX_CHECKED = 6
"""Candidates, the heaviest first, that are checked for being a price, a date, an order number."""
_REACH, _REACH_BACK = 500, 160
"""Characters a candidate may stand behind or before its label."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate with its kind."""

    value: str
    kind: Kind
    start: int
    end: int
    confidence: float
    origin: str = ""


def score(view: str, low: str, stems: Sequence[str]) -> list[Scored]:
    """The candidates a label speaks of, surest first, each value once.

    Numbers first: most mail with a word for a code has none near it that could be one, and is done with here.
    """
    found: dict[str, Scored] = {}
    if "@" in low and " #" in low:
        for domain, one in origin_bound(view, low):
            _keep(found, Scored(one.value, Kind.CODE, one.start, one.end, 0.99, domain))
    places = spots(low, stems)
    regions = _regions(places, len(low))
    near = [*candidates(view, low, regions), *letters(view, regions)]
    if near:
        around = Surroundings(low)
        marks = labels(view, low, _within_reach(places, near), around)
        _judge(found, near, marks, low)
    return sorted(found.values(), key=lambda one: (-one.confidence, one.start))


def may_hold(view: str, stems: Sequence[str]) -> bool:
    """Whether anything of a code's shape stands near a word for one."""
    low = folded(view)
    regions = _regions(spots(low, stems), len(low))
    return any(True for _ in candidates(view, low, regions)) or any(True for _ in letters(view, regions))


def _judge(found: dict[str, Scored], near: Sequence[Candidate], marks: Sequence[Label], low: str) -> None:
    """Keep those of the candidates that a label speaks of and nothing else claims."""
    if all(label.kind is None for label in marks):
        return
    weighed: list[tuple[float, Label, Candidate]] = []
    for candidate in near:
        one_weighed = _weigh(candidate, low, marks)
        if one_weighed is not None:
            weighed.append((*one_weighed, candidate))
    weighed.sort(key=lambda each: (-each[0], each[2].start))
    for weight, label, candidate in weighed[:MAX_CHECKED]:
        assert label.kind is not None
        if not is_something_else(candidate, low) and not _claimed(candidate, label, low):
            sure = round(min(weight, 0.98), 2)
            _keep(found, Scored(candidate.value, label.kind, candidate.start, candidate.end, sure))


def _regions(places: Sequence[Spot], size: int) -> list[tuple[int, int]]:
    """Where a candidate may stand: within reach of a noun."""
    regions: list[tuple[int, int]] = []
    for first, last, _ in places:
        start, end = max(0, first - _REACH_BACK - 20), min(size, last + _REACH + 20)
        if regions and start <= regions[-1][1]:
            regions[-1] = (regions[-1][0], max(end, regions[-1][1]))
        else:
            regions.append((start, end))
    return regions


def _within_reach(places: Sequence[Spot], near: Sequence[Candidate]) -> list[Spot]:
    """The nouns near a candidate: the others say nothing of any."""
    starts = sorted(one.start for one in near)
    kept: list[Spot] = []
    for one in places:
        at = bisect_left(starts, one[0] - _REACH_BACK - 40)
        if at < len(starts) and starts[at] <= one[1] + _REACH + 20:
            kept.append(one)
    return kept


def _keep(found: dict[str, Scored], one: Scored) -> None:
    known = found.get(one.value)
    if known is None:
        found[one.value] = one
    elif known.kind is one.kind:
        better = max(known, one, key=lambda each: each.confidence)
        # Said twice, subject and letter: surer.
        sure = min(0.99, better.confidence + 0.03)
        found[one.value] = Scored(better.value, better.kind, better.start, better.end, sure, better.origin)
    elif one.confidence > known.confidence:
        found[one.value] = one


def _weigh(candidate: Candidate, low: str, marks: Sequence[Label]) -> tuple[float, Label] | None:
    alone = _alone(candidate, low)
    best: tuple[float, Label] | None = None
    place = bisect_right(marks, candidate.start, key=_end_of)
    for label in (*marks[max(0, place - 3) : place][::-1], *marks[place : place + 2]):
        strength = label.strength if label.kind is not None else 0.9
        behind = label.end <= candidate.start
        gap = candidate.start - label.end if behind else label.start - candidate.end
        if gap < 0 or (best is not None and _most(gap, behind) * strength <= best[0]):
            continue  # it is part of the label, or too far away to count more than another
        near = _before(label, candidate, low, alone) if behind else _after(label, candidate, low, alone)
        weight = near * strength
        if best is None or weight > best[0]:
            best = (weight, label)
    if best is None or best[1].kind is None:
        return None
    weight = best[0] + (0.1 if alone else 0.0) + _SHAPES[candidate.shape]
    bid = _ENTER.search(low, max(0, candidate.start - 16), candidate.start) is not None
    if bid and not alone and best[0] < 0.9:
        weight = max(weight + 0.2, 0.75 * best[1].strength) if best[0] > 0 else weight
    if best[0] < 0.9 * best[1].strength and not alone and (counted := _COUNTED.match(low, candidate.end)):
        weight -= 0.25 if counted[0].endswith("s") else 0.15
    if best[1].strength < 0.9 and best[0] < 0.78 * best[1].strength and not alone and not bid:
        weight -= 0.1  # a bare "code", and another word right before the number
    if candidate.shape == "letters" and not alone and (best[0] < 0.95 or best[1].start > candidate.start):
        return None
    if candidate.shape == "stand" and best[1].kind is not Kind.PICKUP:
        return None
    if best[0] < 0.95 * best[1].strength and not alone and _YEAR.fullmatch(candidate.value):
        return None
    return (weight, best[1]) if weight >= 0.3 else None


def _most(gap: int, behind: bool) -> float:
    """The most a label so far away can count."""
    if not behind:
        return 0.96 if gap <= 60 else 0.48
    return 1.0 if gap <= 40 else 0.93 if gap <= 90 else 0.83 if gap <= 220 else 0.7


def _end_of(label: Label) -> int:
    return label.end


_SHAPES = {
    "plain": 0.0,
    "cells": 0.02,
    "group": -0.02,
    "stand": 0.0,
    "prefix": -0.05,
    "pair": -0.05,
    "mixed": -0.08,
    "letters": -0.2,
}


def _alone(candidate: Candidate, low: str) -> bool:
    """Whether a candidate has a line of its own."""
    before = low[max(0, candidate.start - 6) : candidate.start].rpartition("\n")
    after = low[candidate.end : candidate.end + 6].partition("\n")
    first = before[1] or candidate.start <= 6
    last = after[1] or candidate.end + 6 >= len(low)
    return bool(first and last) and not before[2].strip(" *_|>\"'`-") and not after[0].strip(" *_|\"'`-.")


def _before(label: Label, candidate: Candidate, low: str, alone: bool) -> float:
    gap = candidate.start - label.end
    if gap > _REACH:
        return 0.0
    between = low[label.end : candidate.start]
    if gap <= 40 and _COPULA.fullmatch(between):
        return 1.0
    stops = len(_SENTENCE.findall(between))
    near = 0.92 if gap <= 40 else 0.85 if gap <= 90 else 0.75 if gap <= 220 else 0.62 if gap <= 400 else 0.45
    if alone:
        return near + 0.08 - 0.02 * min(stops, 4)
    if not _LEADS.search(between, max(0, gap - 12)):
        near -= 0.2
    lines, commas = between.count("\n"), between.count("，") + between.count("、")
    return near - (0.42 if stops else 0.0) - 0.1 * min(lines, 3) - 0.2 * min(commas, 3)


def _after(label: Label, candidate: Candidate, low: str, alone: bool) -> float:
    gap = label.start - candidate.end
    if gap > _REACH_BACK or label.strength == PLURAL:
        return 0.0  # "48291 login codes"
    between = low[candidate.end : label.start]
    stops = len(_SENTENCE.findall(between))
    lines = between.count("\n")
    copula = _BACK.match(between)
    told = copula is not None
    if "," in between and not told:
        return 0.4 if alone else 0.3  # "hall 1204, registration with a code"
    if gap <= 3 and not lines and not stops:
        return 0.95
    if told and gap <= 60 and not stops and lines < 2:
        return 0.96
    near = 0.76 if gap <= 20 else 0.64 if gap <= 60 else 0.48
    if alone:
        return near
    return near - (0.42 if stops else 0.0) - 0.25 * min(lines, 2)


def _claimed(candidate: Candidate, label: Label, low: str) -> bool:
    """Whether what stands right before or behind says that it is another number."""
    least = 0
    if label.end <= candidate.start:
        # What is between "code for your order:" and a voucher belongs to the voucher.
        least = candidate.start if label.kind is not Kind.CODE else label.end
    return is_claimed(low, candidate.start, candidate.end, least)
