"""Which candidate a label speaks of: nearness, the words between, and what stands right before and behind."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from mailapp.mail.code import Kind
from mailapp.mail.code_labels import Label, Surroundings
from mailapp.mail.code_shapes import Candidate, candidates, is_something_else, letters, origin_bound

_COPULA = re.compile(
    r"[\s:：=\-–—>*_\"'“”‘’「」『』【】\[\]()（）«»`|.,，]*"
    r"(?:is|are|as|was|below|here|ist|lautet|est|es|é|e|è|jest|to|is:|adalah|ialah|anda|là|của bạn|คือ|هو|هي|это|"
    r"это:|:|为|為|是"
    r"|은|는|이|가|は|が|を|に|olarak|şudur|ini|this|the following)?"
    r"[\s:：=\-–—>*_\"'“”‘’「」『』【】\[\]()（）«»`|.,，]*"
)
_BACK = re.compile(
    r"[\s:：\-–—*_\"'“”‘’「」『』【】\[\]()（）«»`|,，]*"
    r"(?:is|ist|est|es|é|è|jest|to|adalah|là|คือ|هو|это|-|为|為|是|は|が|은|는|as|with this|kodu|ist dein|"
    r"ist ihr)?\b",
)
_SENTENCE = re.compile(r"[.!?](?=\s)|[。！？;；]")
_CLAIM = re.compile(
    r"(?:\b(?:order|bestell\w*|auftrag\w*|pedido|commande|ordine|sipariş|zamówieni\w*|pesanan|invoice|rechnung\w*|"
    r"facture|factura|"
    r"fattura|fatura|faktur\w*|tracking|track|sendung\w*|suivi|ticket|case|reference|ref|referenz\w*|referencia|"
    r"référence|riferimento|"
    r"booking|reservation|buchung\w*|account|konto\w*|customer|kunden\w*|client\w*|member\w*|policy|serial|vat|"
    r"license|licence|"
    r"transaction|receipt|request|claim|flight|vorgang\w*|vertrag\w*|iban|bic|steuer\w*|ust-?id|dossier|siret|siren|"
    r"rcs|cif|nif|"
    r"cnpj|cpf|protocolo|nip|regon|hrb|kvk|btw|инн|кпп|огрн|заказ\w*|счет\w*|счёт\w*|договор\w*|заявк\w*|обращени\w*|"
    r"phone|telephone|tel|telefon\w*|telefono|téléphone|teléfono|telefone|telp|fax|mobile|hotline|call|ligue|"
    r"ending|ends|last four|last 4|endet|endend|finissant|terminada|terminad[ao]|final|ending in|ends with|"
    r"id|no|nr|num|nº|n°|№|number|nummer|numéro|número|numero|numer|nomor|номер|numarası|numara|số|หมายเลข|เลขที่|رقم|"
    r"build|version|zip|plz|cep|cap|kodepos|suite|ste|apt|unit|floor|room|p\.?o\.? box|box|postfach|bp|copyright|"
    r"article|commit|item|sku|isbn|issue|pr|bug|model|"
    r"телефон\w*|тел|последни\w+|оканчива\w+|sayfa|page|seite|line)\b|#|©|(?:订单|訂單|运单|運單|快递|物流|发票|"
    r"發票|电话|電話|手机|手機|"
    r"卡|账|帐|帳|尾|单|單|流水|交易|参考|参照|工单|案件|会员|會員|房间|门牌|版本|编|編|QQ|群|座机|税|身份证|备案|"
    r"热线|客服|邮|客服电话|末四位|"
    r"后四位|後四碼|末四碼)(?:号码|號碼|号|號|编号|編號|编码|編碼|ID)?|注文番号|電話番号|郵便番号|〒|追跡番号|"
    r"伝票番号|会員番号|予約番号|受付番号|"
    r"問い合わせ番号|番号|주문|운송장|송장|전화|계좌|예약|고객|접수|승인|사업자등록|문의|번호|문의전화|หมายเลข|"
    r"เลขที่|เลข|โทร|الطلب|الهاتف|هاتف|الفاتورة|الشحنة)"
    r"[\s:：.#№*_\-(（]{0,4}(?:(?:number|no|nr|num|id|code|in|with|numbers?|mit|auf|par|en|is|为|為|是|は|은|는|"
    r"nummer|:|#)"
    r"[\s:：.#№*_\-(（]{0,3}){0,2}[a-z]{0,2}\Z"
)
_TAIL = re.compile(
    r"\s{0,2}(?:usd|eur|dollars?|euros?|points?|积分|積分|元|块|件|名|位用户|人|people|users|members|customers|"
    r"subscribers|"
    r"points|pts|"
    r"bytes|pixels|words|steps|miles|km|kg|views|likes|followers|street|st\.|ave|road|blvd|号楼|室|号院|弄|年|月|"
    r"str\.|"
    r"straße|rue)\b"
)
_YEAR = re.compile(r"(?:19|20)\d\d")
MAX_CHECKED = 10
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


def score(view: str, low: str, marks: Sequence[Label], around: Surroundings) -> list[Scored]:
    """The candidates a label speaks of, surest first, each value once."""
    found: dict[str, Scored] = {}
    if "@" in low and " #" in low:
        for domain, one in origin_bound(view, low):
            _keep(found, Scored(one.value, Kind.CODE, one.start, one.end, 0.99, domain))
    regions = _regions(marks, len(view))
    weighed: list[tuple[float, Label, Candidate]] = []
    for candidate in (*candidates(view, low, regions), *letters(view, regions)):
        one_weighed = _weigh(candidate, low, marks)
        if one_weighed is not None:
            weighed.append((*one_weighed, candidate))
    weighed.sort(key=lambda each: (-each[0], each[2].start))
    for weight, label, candidate in weighed[:MAX_CHECKED]:
        assert label.kind is not None
        if not is_something_else(candidate, low) and not _claimed(candidate, label, low):
            sure = round(min(weight, 0.98), 2)
            _keep(found, Scored(candidate.value, label.kind, candidate.start, candidate.end, sure))
    return sorted(found.values(), key=lambda one: (-one.confidence, one.start))


def _regions(marks: Sequence[Label], size: int) -> list[tuple[int, int]]:
    """Where a candidate may stand: within reach of a label that means a code."""
    regions: list[tuple[int, int]] = []
    for label in marks:
        if label.kind is None:
            continue
        start, end = max(0, label.start - _REACH_BACK - 20), min(size, label.end + _REACH + 20)
        if regions and start <= regions[-1][1]:
            regions[-1] = (regions[-1][0], end)
        else:
            regions.append((start, end))
    return regions


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
    for label in (*marks[max(0, place - 4) : place], *marks[place : place + 3]):
        if label.end <= candidate.start:
            near = _before(label, candidate, low, alone)
        elif label.start >= candidate.end:
            near = _after(label, candidate, low, alone)
        else:
            continue
        weight = near * (label.strength if label.kind is not None else 0.9)
        if best is None or weight > best[0]:
            best = (weight, label)
    if best is None or best[1].kind is None:
        return None
    weight = best[0] + (0.1 if alone else 0.0) + _SHAPES[candidate.shape]
    direct = best[0] >= 0.8
    if candidate.shape == "letters" and not direct and not alone:
        return None
    if candidate.shape == "stand" and best[1].kind is not Kind.PICKUP:
        return None
    if not direct and _YEAR.fullmatch(candidate.value):
        return None
    return (weight, best[1]) if weight >= 0.3 else None


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
    lines = between.count("\n")
    return near - 0.16 * min(stops, 3) - 0.1 * min(lines, 3)


def _after(label: Label, candidate: Candidate, low: str, alone: bool) -> float:
    gap = label.start - candidate.end
    if gap > _REACH_BACK:
        return 0.0
    between = low[candidate.end : label.start]
    stops = len(_SENTENCE.findall(between))
    lines = between.count("\n")
    copula = _BACK.match(between)
    told = copula is not None and copula[0].strip() != ""
    if gap <= 3 and not lines:
        return 0.95
    if told and gap <= 60 and not stops and lines < 2:
        return 0.96
    near = 0.8 if gap <= 20 else 0.7 if gap <= 60 else 0.5
    if alone:
        return near
    return near - 0.2 * min(stops, 2) - 0.25 * min(lines, 2)


def _claimed(candidate: Candidate, label: Label, low: str) -> bool:
    """Whether what stands right before or behind says that it is another number."""
    if _TAIL.match(low, candidate.end):
        return True
    start = max(0, candidate.start - 40)
    if label.end <= candidate.start:
        if label.kind is not Kind.CODE:
            return False
        start = max(start, label.end)
    before = low[start : candidate.start].rpartition("\n")
    return _CLAIM.search(before[2]) is not None
