"""What a text speaks of, so that the writer can be asked before it leaves."""

import re

_MAX_TEXT = 65_536
_ATTACHMENT = re.compile(
    r"""(?<!没有)(?<!沒有)(?<!无)(?<!無)(?:附件|附上|附檔|附加檔案|附图|附圖|附表|附后|附後|见附|見附|随信附|随函附|隨信附|添付)
    |첨부
    |(?<!\bno\ )(?<!\bwithout\ )\b(?:attached|attachments?|attaching|enclosed|enclosing)\b
    |\bI\ attach\b
    |\b(?:anbei|angehängt|beigefügt|(?:im|als)\ anhang|pi[eè]ces?[ ]jointes?|ci-joint\w*|adjunt[oa]s?|in\ allegato)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_QUOTED_FROM_HERE = re.compile(r"-{3,}.{2,80}-{3,}\s*")


def speaks_of_attachment(text: str) -> bool:
    """Whether the writer's own words promise a file (附件, attached ...).

    Quoted lines, what is forwarded and the signature do not count. A guess: it may warn, never refuse.
    """
    return any(_ATTACHMENT.search(line) for line in _own_lines(text[:_MAX_TEXT]))


def _own_lines(text: str) -> list[str]:
    own: list[str] = []
    for line in text.splitlines():
        if line.rstrip() == "--" or _QUOTED_FROM_HERE.fullmatch(line):
            break
        if not line.lstrip().startswith((">", "＞")):
            own.append(line)
    return own
