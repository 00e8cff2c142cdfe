"""What stands above the hits: the field, how many there are, what of the query was not understood."""

from collections.abc import Sequence

from mailapp.mail.query_tree import Problem
from mailapp.store.saved_searches import SavedSearch
from mailapp.store.search import COUNTED
from mailapp.web.folders import Folder, SidebarItem, search_key
from mailapp.web.reader import Reader
from mailapp.web.rows import SearchHead
from mailapp.web.searching import EVERYWHERE, Hits

NAME_LONGEST = 60
"""Characters of a saved search's name."""


def search_head(reader: Reader, folder: Folder, hits: Hits | None, saved: Sequence[SavedSearch]) -> SearchHead:
    """The view model of the field of a list."""
    base = folder.key.partition("?")[0]
    path = f"/mail/{base}"
    if folder.query is None:
        return SearchHead(path=path)
    text = folder.query.text.strip()
    own = next((each for each in saved if search_key("inbox", each.query) == folder.key), None)
    return SearchHead(
        text=text,
        path=path,
        problems=tuple(problem_text(reader, each) for each in (*folder.query.problems, *_cut(hits))),
        count=count_text(reader, hits) if hits else "",
        saved_id=own.id if own else 0,
        name=own.name if own else text[:NAME_LONGEST],
        places="" if base in EVERYWHERE else reader.gettext("In {folder}").format(folder=folder.name),
        active=True,
        open=True,
    )


def _cut(hits: Hits | None) -> list[Problem]:
    """Beginnings of too many words, as they were typed."""
    found = dict.fromkeys(each.lstrip("\ue000\ue001\ue002\ue003") for each in (hits.cut if hits else ()))
    return [Problem("cut", value=each) for each in found]


def count_text(reader: Reader, hits: Hits) -> str:
    """37 封 · 8 毫秒; 1000+ where nobody counted further, 370+ where the time was over before."""
    _ = reader.gettext
    if hits.counted_all:
        number = reader.ngettext("{number} message", "{number} messages", hits.count).format(number=hits.count)
    elif hits.count:
        number = _("{number}+ messages").format(number=min(hits.count, COUNTED))
    else:
        number = _("None so far")
    return _("{number} · {ms} ms").format(number=number, ms=hits.took_ms)


def saved_items(saved: Sequence[SavedSearch], key: str) -> tuple[SidebarItem, ...]:
    """The account's searches for the side bar."""
    found = ((each, search_key("inbox", each.query)) for each in saved)
    return tuple(SidebarItem(f"search-{each.id}", f"/mail/{own}", each.name, 0, own == key) for each, own in found)


def problem_text(reader: Reader, problem: Problem) -> str:
    """What was wrong, and what would be right."""
    _ = reader.gettext
    texts = {
        "missing": _("Something is missing after {key}:"),
        "date": _("{key}:{value} is no date. Dates look like 2026-11-03, 2026-11 or yesterday."),
        "age": _("{key}:{value} is no span of time. Those look like 7d, 2w, 3m or 1y."),
        "size": _("{key}:{value} is no size. Sizes look like 200K or 5M."),
        "state": _("{key}:{value} is not known. There are is:unread, is:read, is:starred and is:answered."),
        "thing": _("{key}:{value} is not known. There are has:attachment, has:code, has:link, has:star and has:label."),
        "folder": _("There is no folder called {value}."),
        "label": _("There is no label called {value}."),
        "unknown": _("{key}: is no operator and was searched for as a word. Did you mean {value}:?"),
        "quote": _("A quotation mark has no partner; everything after it was taken as one phrase."),
        "group": _("A parenthesis was not closed."),
        "or": _("OR stands between two words; here one is missing."),
        "minus": _("After the minus sign, what to leave out is missing. It follows without a space."),
        "nothing": _("“{value}” holds no letters or digits to search for."),
        "cut": _("Very many words begin with “{value}”; not all of them were looked for. More letters find more."),
        "long": _("The search is too long; its end was left out."),
        "terms": _("Too many words; the last ones were left out."),
        "depth": _("Too many parentheses inside each other; the innermost were left out."),
    }
    return texts[problem.kind].format(key=problem.key, value=problem.value)
