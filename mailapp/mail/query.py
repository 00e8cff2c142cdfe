"""A search as somebody types it, read into a tree. Never raises: what cannot be read is a problem, the rest counts.

Words must all be there; OR joins its two neighbours and binds tighter; `-` excludes; parentheses group, in braces any
will do; quotes hold words together. Full-width signs and the full-width space count as the half-width ones. Operators:
mail/query_terms.py.
"""

import re
from datetime import datetime

from mailapp.mail import query_terms
from mailapp.mail.query_tree import FIELDS, PEOPLE, All, Any, Labelled, Not, Part, Places, Problem, Query, Text, joined
from mailapp.mail.words import fold, query_phrase, variant

LONGEST = 500
"""Characters of a query that are read."""
MOST_TERMS = 32
DEEPEST = 8

NOWHERE = Places()
_ROUND, _BRACES, _CLOSING = "(（", "{｛", ")）}｝"
OPENING = _ROUND + _BRACES
QUOTES = '"“”„‟＂「」『』'
MINUS = "-－−–‐‑﹣"
_NOT = re.compile(rf"[{MINUS}]|[!！](?=[^\W_{QUOTES}]|[{QUOTES}{OPENING}])|—+|(?:NOT|ＮＯＴ)(?=[\s{OPENING}])")
"""Some keyboards make a dash of two minus signs, or of one."""
_KEY = re.compile(r"([^\W\d_][^\W_]{0,15}(?:_[^\W_]{1,15})?)[:：]")
_OR = re.compile(rf"(?:OR|ＯＲ|\|\|?|｜)(?=[\s{OPENING}]|\Z)")
_OR_BETWEEN = re.compile(rf"{_OR.pattern}|或者?(?=[\s{OPENING}])")
"""Where a term went before: 或 alone may as well be what somebody looks for."""
_AND = re.compile(rf"(?:AND|ＡＮＤ|&&)(?=[\s{OPENING}]|\Z)")
COMMAS = ",，;；、"


def parse(text: str, now: datetime, places: Places = NOWHERE) -> Query:
    """Read a query. `now`, in the reader's zone, is what dates are measured by. Never raises."""
    reader = Reader(text, now, places)
    part = reader.all_of(0, "")
    return Query(text, part, tuple(dict.fromkeys(reader.problems)))


class Reader:
    """A place in the text of a query."""

    def __init__(self, text: str, now: datetime, places: Places) -> None:
        self.text = "".join(each if each.isprintable() else " " for each in text[:LONGEST])
        self.now = now
        self.places = places
        self.at = 0
        self.terms = 0
        self.problems: list[Problem] = []
        if len(text) > LONGEST:
            self.complain("long")

    def complain(self, kind: str, key: str = "", value: str = "") -> None:
        self.problems.append(Problem(kind, key, value[:60]))

    # ---- the text

    @property
    def here(self) -> str:
        """The character ahead, "" at the end."""
        return self.text[self.at : self.at + 1]

    def skip_blanks(self) -> None:
        while self.here.isspace():
            self.at += 1

    def takes(self, pattern: re.Pattern[str]) -> bool:
        """Whether a pattern stands here; it is passed then."""
        match = pattern.match(self.text, self.at)
        if match is None:
            return False
        self.at = match.end()
        return True

    def quoted(self) -> str:
        """What stands in the quotes that open here."""
        start = self.at = self.at + 1
        while self.here and self.here not in QUOTES:
            self.at += 1
        value = self.text[start : self.at]
        if not self.here:
            self.complain("quote", value=value)
        self.at += 1
        return value

    def bare(self, ends: str = OPENING + _CLOSING) -> str:
        """Everything up to a blank or one of the characters that end it."""
        start = self.at
        while self.here and not self.here.isspace() and self.here not in ends:
            self.at += 1
        return self.text[start : self.at]

    # ---- the tree

    def all_of(self, depth: int, field: str, kind: type[All] | type[Any] = All) -> Part | None:
        """Terms up to the end, or up to the parenthesis or brace that closes the group."""
        parts: list[Part] = []
        while True:
            self.skip_blanks()
            if not self.here:
                if depth:
                    self.complain("group")
                break
            if self.here in _CLOSING:
                self.at += 1
                if depth:
                    break
                continue  # a smiley, not the end of something
            if self.takes(_AND):
                continue
            if self.takes(_OR):
                self.complain("or")
                continue
            part = self.any_of(depth, field)
            if part is not None:
                parts.append(part)
        return joined(kind, parts)

    def any_of(self, depth: int, field: str) -> Part | None:
        """A term, or several with OR between them."""
        parts = [self.one(depth, field)]
        while True:
            before = self.at
            self.skip_blanks()
            if not self.takes(_OR_BETWEEN):
                self.at = before
                break
            self.skip_blanks()
            if not self.here or self.here in _CLOSING:
                self.complain("or")
                break
            if _OR.match(self.text, self.at):
                self.complain("or")
                continue
            parts.append(self.one(depth, field))
        return joined(Any, [each for each in parts if each is not None])

    def one(self, depth: int, field: str) -> Part | None:
        """A term, a quotation or a group, perhaps excluded."""
        excluded = False
        while match := _NOT.match(self.text, self.at):
            self.at = match.end()
            excluded = not excluded
            if match[0].isalpha():
                self.skip_blanks()
        if excluded and (not self.here or self.here.isspace() or self.here in _CLOSING):
            self.complain("minus")
            return None
        part = self.positive(depth, field)
        return Not(part) if excluded and part is not None else part

    def positive(self, depth: int, field: str) -> Part | None:
        if self.here and self.here in OPENING:
            return self.group(depth, field)
        if self.here and self.here in QUOTES:
            return self.word(field, self.quoted(), exact=True)
        match = _KEY.match(self.text, self.at)
        if match is not None and not field:
            operator = query_terms.operator(match[1])
            if operator:
                self.at = match.end()
                return self.operation(operator, match[1], depth)
            meant = query_terms.meant(match[1])
            if meant:
                self.complain("unknown", match[1], meant)
        return self.word(field, self.bare(), exact=False)

    def group(self, depth: int, field: str) -> Part | None:
        kind = Any if self.here in _BRACES else All
        self.at += 1
        if depth < DEEPEST:
            return self.all_of(depth + 1, field, kind)
        self.complain("depth")
        return None

    def word(self, field: str, text: str, *, exact: bool) -> Part | None:
        if not query_phrase(text):
            if text.strip():
                self.complain("nothing", value=text)
            return None
        fields = PEOPLE if field == "addressed" else (field,)
        ways = dict.fromkeys((text, variant(text)))
        return joined(Any, [Text(one, way, exact) for one in fields for way in ways if self.counts()])

    def counts(self) -> bool:
        """Whether one more term is read."""
        self.terms += 1
        if self.terms > MOST_TERMS:
            self.complain("terms")
        return self.terms <= MOST_TERMS

    def operation(self, operator: str, key: str, depth: int) -> Part | None:
        """What follows the colon of an operator; blanks may stand between."""
        at = self.at
        self.skip_blanks()
        spaced = self.at > at
        worded = operator in (*FIELDS, "addressed")
        if worded and self.here and self.here in OPENING:
            return self.group(depth, operator)
        if self.here and self.here in QUOTES:
            value, exact = self.quoted(), True
        elif spaced and (_KEY.match(self.text, self.at) or _OR.match(self.text, self.at) or self.here in MINUS):
            value, exact = "", False
        elif operator in (*PEOPLE, "addressed"):
            return self.people(operator, key)
        else:
            value, exact = self.bare(), False
        if not value.strip() and operator != "files":
            self.complain("missing", key)
            return None
        if worded:
            return self.word(operator, value, exact=exact)
        return self.special(operator, key, value.strip())

    def people(self, operator: str, key: str) -> Part | None:
        """One of several people, with commas between them: any of these will do."""
        parts = []
        while True:
            value = self.bare(OPENING + _CLOSING + COMMAS)
            if value:
                parts.append(self.word(operator, value, exact=False))
            if not self.here or self.here not in COMMAS:
                break
            self.at += 1
            if _KEY.match(self.text, self.at):
                break  # another operator, as Chinese is written: with a comma and no blank
        if not parts:
            self.complain("missing", key)
        return joined(Any, [each for each in parts if each is not None])

    def special(self, operator: str, key: str, value: str) -> Part | None:
        """An operator whose value is not words."""
        folded = fold(value)
        part: Part | None
        if operator == "in":
            part, kind = self.places.folders.get(folded), "folder"
        elif operator == "label":
            label = self.places.labels.get(folded)
            part, kind = None if label is None else Labelled(label), "label"
        elif operator == "files":
            part, kind = query_terms.files(folded) or self.word("filename", value, exact=False), "thing"
        else:
            part, kind = query_terms.special(operator, folded, self.now)
        if part is None:
            self.complain(kind, key, value)
        return part if part is not None and self.counts() else None
