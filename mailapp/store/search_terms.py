"""What a search asks for, in the words of FTS5 and SQL.

Three kinds of messages answer differently. Most have index words of this release (NEW): words are asked of the full
text alone. Those of the release before (OLD) lack the tagged words, so the fields of people are read from the message
itself. Drafts (DRAFT) change with every save and are not in the full text at all (SQLite 3.40 cannot index a rowid
twice): their words are read from the draft.
"""

from collections.abc import Callable, Sequence
from dataclasses import field

from mailapp.mail import pairs, words
from mailapp.mail.query_tree import All, Any, HasFiles, In, Is, Labelled, Not, Part, Received, Size, Text
from mailapp.store import search_rows
from mailapp.store.search_index import WITH_FILES, account_word, size_word
from mailapp.values import dataclass

NEW, OLD, DRAFT = "new", "old", "draft"
MOST_BRANCHES = 16
"""Ways a search may be parted into; above it every message is looked at, in bounded steps."""
ANYWHERE = "{subject people body files}"
_COLUMNS = {"subject": "subject", "body": "body", "filename": "files", "code": "{subject body}"}
TAGS = {"from": words.FROM, "to": words.TO, "cc": words.CC, "list": words.LIST}
_CODES = "EXISTS (SELECT 1 FROM codes WHERE message_id = m.id AND dismissed_at IS NULL AND "
_STATES = {
    "unread": "m.seen = 0", "read": "m.seen = 1", "starred": "m.flagged = 1", "answered": "m.answered = 1",
    "code": f"{_CODES}kind = 'code')", "link": f"{_CODES}(kind = 'link' OR link <> ''))",
    "labelled": "EXISTS (SELECT 1 FROM message_labels WHERE message_id = m.id)",
}  # fmt: skip
_SMALL_BITS, _LARGE_BITS = 1, 50
PHRASE = (
    "(SELECT phrase_in(?, ?, ?, c.words_subject, c.words_people, c.words_body, c.words_files)"
    " FROM contents c WHERE c.id = m.content_id)"
)
"""Whether the kept words of a message m hold a phrase (store/search_other.py)."""
Value = str | int
Expand = Callable[[str], list[str]]
"""The words of the full text that begin so (store/vocabulary.py)."""


@dataclass
class Branch:
    """One way to answer a search: all of it must hold."""

    full_text: list[Part] = field(default_factory=list)
    rest: list[Part] = field(default_factory=list)
    """What the full text cannot tell: leaves, or Not of a leaf."""
    low: int = 0
    high: int = 1 << 62
    """Ids in [low, high)."""


class TooManyBranches(Exception):
    pass


# ---- FTS5


def expression(parts: list[Part], account_id: int, expand: Expand, *, named: bool = True) -> str:
    """All parts, among the messages of an account; not `named`: where only its rows are looked at."""
    universe = f'account : "{account_word(account_id)}"'
    text = _all_of(parts, universe, expand)
    return f"({universe}) AND ({text})" if named else text


def is_full_text(part: Part, kind: str) -> bool:
    """Whether the full text alone can tell."""
    if isinstance(part, Not):
        return is_full_text(part.part, kind)
    if isinstance(part, All | Any):
        return all(is_full_text(each, kind) for each in part.parts)
    if kind == NEW:
        return isinstance(part, Text | HasFiles)
    return kind == OLD and isinstance(part, Text) and part.field not in TAGS


def _all_of(parts: Sequence[Part], universe: str, expand: Expand) -> str:
    wanted = [_part(each, universe, expand) for each in parts if not isinstance(each, Not)]
    unwanted = [_part(each.part, universe, expand) for each in parts if isinstance(each, Not)]
    text = " AND ".join([f"({each})" for each in wanted or [universe]])
    for each in unwanted:
        text = f"({text}) NOT ({each})"
    return text


def _part(part: Part, universe: str, expand: Expand) -> str:
    if isinstance(part, Text):
        return words_expression(part, expand)
    if isinstance(part, HasFiles):
        return f'account : "{WITH_FILES}"'
    if isinstance(part, Any):
        return " OR ".join(f"({_part(each, universe, expand)})" for each in part.parts)
    if isinstance(part, All):
        return _all_of(part.parts, universe, expand)
    assert isinstance(part, Not)
    return _all_of([part], universe, expand)


def words_expression(part: Text, expand: Expand) -> str:
    """Words as the full text is asked for them; an address is also found where a message was delivered for it."""
    if part.field in TAGS:
        phrase = _phrase(part, TAGS[part.field], expand)
        if part.field == "to":
            return f"(people : {phrase}) OR (account : {phrase})"
        return f"people : {phrase}"
    phrase = _phrase(part, "", expand)
    if part.field:
        return f"{_COLUMNS[part.field]} : {phrase}"
    anywhere = f"{ANYWHERE} : {phrase}"
    if not part.text.isascii():
        return anywhere
    return f"({anywhere}) OR (account : {_phrase(part, words.TO, expand)})"


def _phrase(part: Text, tag: str, expand: Expand) -> str:
    """The words of a part as phrases. The beginning of a word stands for the words there are that begin so: asked for
    a beginning, FTS5 gathers all they stand in before it gives the first.
    """
    phrase = words.query_phrase(part.text, tag, exact=part.exact)
    if phrase.endswith("*"):
        phrase = _beginning(words.word_list(part.text), tag, expand)
    earlier = words.earlier_words(part.text)
    if not earlier:
        return phrase
    if part.exact or len(earlier[-1]) == 1:
        return f'({phrase} OR "{" ".join(tag + each for each in earlier)}")'
    return f"({phrase} OR {_beginning(earlier, tag, expand)})"


def _beginning(asked: list[str], tag: str, expand: Expand) -> str:
    *before, last = asked
    start = "".join(f"{tag}{each} " for each in before)
    return "(" + " OR ".join(f'"{start}{each}"' for each in expand(tag + last)) + ")"


def hint_of(part: Part, kind: str) -> str:
    """A quick expression that every message the part holds for answers (others may); "" where there is none."""
    if kind == OLD and isinstance(part, Text) and part.field in ("from", "cc"):
        earlier = " ".join(words.earlier_words(part.text))
        either = f' OR "{earlier}"{"" if part.exact else " *"}' if earlier else ""
        return f"people : ({words.query_phrase(part.text, exact=part.exact)}{either})"
    if kind != NEW or not isinstance(part, Size):
        return ""
    low = _SMALL_BITS if part.low is None else part.low.bit_length()
    high = _LARGE_BITS if part.high is None else part.high.bit_length()
    if low > high or (part.low is None and part.high is not None and part.high > 1_000):
        return ""
    return "account : (" + " OR ".join(f'"{size_word(bits)}"' for bits in range(low, high + 1)) + ")"


# ---- SQL, on a message m


def condition(part: Part, kind: str, values: list[Value], expand: Expand) -> str:
    """The part as a condition; appends what its question marks stand for."""
    if isinstance(part, Not):
        return f"NOT ({condition(part.part, kind, values, expand)})"
    if isinstance(part, All | Any):
        link = " AND " if isinstance(part, All) else " OR "
        return link.join([f"({condition(each, kind, values, expand)})" for each in part.parts])
    if isinstance(part, Text):
        return _words_condition(part, kind, values, expand)
    return _leaf(part, values)


def _words_condition(part: Text, kind: str, values: list[Value], expand: Expand) -> str:
    if is_full_text(part, kind):
        if is_read(part):
            # asked for one row, the full text walks from its newest one to where characters meet that seldom do
            values += [part.field, part.text, int(part.exact)]
            return PHRASE
        values += [words_expression(part, expand)] * 2
        return search_rows.HOLDS
    values += [part.field, part.text, int(part.exact)]
    return "found_in(m.id, m.content_id, m.draft, ?, ?, ?)"


def is_read(part: Part) -> bool:
    """Whether it is told from the words of a message, which takes milliseconds where they are many."""
    if isinstance(part, Not):
        return is_read(part.part)
    if isinstance(part, All | Any):
        return any(map(is_read, part.parts))
    return isinstance(part, Text) and part.field not in TAGS and bool(pairs.of_query(part.text))


def _leaf(part: Part, values: list[Value]) -> str:
    if isinstance(part, Is):
        return _STATES[part.state]
    if isinstance(part, HasFiles):
        return "m.attachment_count > 0"
    if isinstance(part, In):
        if part.mailbox_id is None:
            return "1"
        values.append(part.mailbox_id)
        return "m.mailbox_id = ?"
    if isinstance(part, Labelled):
        values.append(part.label_id)
        return "EXISTS (SELECT 1 FROM message_labels WHERE message_id = m.id AND label_id = ?)"
    assert isinstance(part, Received | Size)
    column, scale = ("m.id", 12) if isinstance(part, Received) else ("m.size", 0)
    sides = []
    if part.low is not None:
        sides.append(f"{column} >= ?")
        values.append(part.low << scale)
    if part.high is not None:
        sides.append(f"{column} < ?")
        values.append(part.high << scale)
    return " AND ".join(sides) or "1"


# ---- ways to answer


def branches(part: Part, kind: str) -> list[Branch]:
    """The search parted at its ORs, as far as the full text cannot take them. Raises TooManyBranches."""
    return [_branch(each, kind) for each in _ways(part, kind, negated=False)]


def _ways(part: Part, kind: str, *, negated: bool) -> list[list[Part]]:
    if isinstance(part, Not):
        return _ways(part.part, kind, negated=not negated)
    if is_full_text(part, kind) or not isinstance(part, All | Any):
        return [[Not(part) if negated else part]]
    each_way = [_ways(each, kind, negated=negated) for each in part.parts]
    if isinstance(part, Any) != negated:
        found = [way for ways in each_way for way in ways]
    else:
        found = [[]]
        for ways in each_way:
            found = [[*one, *other] for one in found for other in ways]
            if len(found) > MOST_BRANCHES:
                break
    if len(found) > MOST_BRANCHES:
        raise TooManyBranches
    return found


def _branch(parts: list[Part], kind: str) -> Branch:
    found = Branch()
    for part in parts:
        if is_full_text(part, kind):
            found.full_text.append(part)
        elif isinstance(part, Received):
            found.low = max(found.low, (part.low or 0) << 12)
            found.high = min(found.high, found.high if part.high is None else part.high << 12)
        else:
            found.rest.append(part)
    return found
