"""What mail files keep of a message besides its bytes: folder, flags, labels, when it came.

Written as the fields other programs read: X-Gmail-Labels (Google Takeout), Status and X-Status (mutt, Dovecot),
X-Mozilla-Status (Thunderbird); X-Folder is our own, for folders of one's own.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from email.header import Header, decode_header, make_header

from mailapp.values import dataclass

ROLES = {
    "inbox": "Inbox",
    "sent": "Sent",
    "drafts": "Drafts",
    "archive": "Archived",
    "junk": "Spam",
    "trash": "Trash",
}
"""What X-Gmail-Labels calls the folders every account has."""
_ROLE_WORDS = {
    "inbox": "inbox", "收件箱": "inbox", "sent": "sent", "sent mail": "sent", "sent items": "sent", "已发送": "sent",
    "已发邮件": "sent", "drafts": "drafts", "draft": "drafts", "草稿": "drafts", "archived": "archive",
    "archive": "archive", "all mail": "archive", "归档": "archive", "已归档": "archive", "spam": "junk", "junk": "junk",
    "junk e-mail": "junk", "垃圾邮件": "junk", "trash": "trash", "bin": "trash", "deleted": "trash",
    "deleted items": "trash", "已删除": "trash", "已删除邮件": "trash",
}  # fmt: skip
_FLAG_WORDS = {"unread": "unread", "未读": "unread", "starred": "starred", "已加星标": "starred"}
_IGNORED = {"important", "opened", "重要", "已打开", "chat", "聊天"}
KEPT_FIELDS = (
    "x-gmail-labels", "x-gm-thrid", "x-folder", "status", "x-status", "x-mozilla-status", "x-mozilla-status2",
    "x-mozilla-keys", "x-keywords", "x-uid", "content-length",
)  # fmt: skip
"""Fields a mail file adds on top; they are taken off again."""
_ANYWHERE = ("status", "x-status", "x-mozilla-status")
LABELS_MAX = 50
VALUE_LONGEST = 4_000


@dataclass(frozen=True, slots=True)
class Marks:
    """Where a message lies and how it is marked."""

    role: str = ""
    """inbox, sent ..., or "" for a folder of one's own, or where nothing is known."""
    folder: str = ""
    """Path of a folder of one's own: 项目/校样."""
    seen: bool = False
    flagged: bool = False
    answered: bool = False
    labels: tuple[str, ...] = ()
    at_ms: int = 0
    """When it came, 0 where that is unknown."""


def fields_of(marks: Marks) -> bytes:
    """The fields for the top of a message in a mail file, LF at the end of each."""
    place = ROLES.get(marks.role, "")
    words = [place] if place else []
    words += ["Unread"] * (not marks.seen) + ["Starred"] * marks.flagged + list(marks.labels)
    lines = [f"X-Gmail-Labels: {_encoded(','.join(each.replace(',', ' ') for each in words))}"]
    if marks.folder:
        lines.append(f"X-Folder: {_encoded(marks.folder)}")
    flags = ("A" if marks.answered else "") + ("F" if marks.flagged else "")
    lines.append(f"Status: {'RO' if marks.seen else 'O'}")
    lines += [f"X-Status: {flags}"] if flags else []
    lines.append(f"X-Mozilla-Status: {marks.seen | marks.answered << 1 | marks.flagged << 2:04x}")
    return "".join(f"{line}\n" for line in lines).encode()


def taken_off(head: bytes, known: Marks) -> tuple[int, Marks]:
    """(length of the fields a mail file put on top of a message, what they say beside what is `known`).

    Of where it lies only those at the very top tell: what stands below came with the message, from whoever sent it.
    Whether it was read also stands below, where mutt and others write it.
    """
    end, at, found = 0, 0, dict[str, str]()
    while match := _FIELD.match(head, at):
        name = match[1].decode("ascii", "replace").lower()
        on_top = at == end and name in KEPT_FIELDS
        if (on_top or name in _ANYWHERE) and name not in found:
            found[name] = _decoded(match[2])
        at = match.end()
        end = at if on_top else end
    return end, _read(found, known)


_FIELD = re.compile(rb"([A-Za-z0-9-]{1,40}):[ \t]*([^\n]*(?:\n[ \t][^\n]*)*)\n")


def _read(found: dict[str, str], known: Marks) -> Marks:
    marks = _with_flags(found, known)
    if "x-gmail-labels" in found:
        words = [each.strip() for each in found["x-gmail-labels"].split(",") if each.strip()]
        marks = _with_labels(words, marks, own="x-folder" in found)
    if found.get("x-folder"):
        marks = replace(marks, role="", folder=found["x-folder"])
    return marks


def _with_flags(found: dict[str, str], marks: Marks) -> Marks:
    status, more, bits = found.get("status", ""), found.get("x-status", ""), found.get("x-mozilla-status", "")
    number = int(bits[:4], 16) if re.fullmatch(r"[0-9a-fA-F]{4}", bits[:4]) else 0
    return replace(
        marks,
        seen=marks.seen or "R" in status or bool(number & 1),
        answered=marks.answered or "A" in more or bool(number & 2),
        flagged=marks.flagged or "F" in more or bool(number & 4),
    )


def _with_labels(words: list[str], marks: Marks, own: bool) -> Marks:
    plain = {_FLAG_WORDS.get(each.lower(), "") for each in words}
    roles = [_ROLE_WORDS[each.lower()] for each in words if each.lower() in _ROLE_WORDS]
    first = next((each for each in ("trash", "junk", "drafts", "sent", "inbox", "archive") if each in roles), "")
    rest = [
        each
        for each in words
        if each.lower() not in _ROLE_WORDS and each.lower() not in _FLAG_WORDS and each.lower() not in _IGNORED
    ]
    return replace(
        marks,
        role=first or ("" if own else marks.role or "archive"),
        seen="unread" not in plain,
        flagged=marks.flagged or "starred" in plain,
        labels=tuple(dict.fromkeys(rest))[:LABELS_MAX],
    )


def role_of(name: str) -> str:
    """The role a folder of this name has, "" for one of one's own."""
    return _ROLE_WORDS.get(name.strip().lower(), "")


def maildir_flags(marks: Marks) -> str:
    """The letters after ":2," of a file name, sorted as the specification wants."""
    letters = (("D", marks.role == "drafts"), ("F", marks.flagged), ("R", marks.answered), ("S", marks.seen))
    return "".join(letter for letter, is_set in letters if is_set)


def of_maildir(folders: Iterable[str], name: str, new: bool) -> Marks:
    """Marks of a Maildir file: the folders it lies in (outermost first), its name, whether it is in new/."""
    path = [part for each in folders for part in (each.split(".") if each.startswith(".") else [each]) if part]
    if path and path[0].lower() == "inbox":
        path = path[1:] or ["inbox"]
    role = role_of(path[0]) if len(path) == 1 else "" if path else "inbox"
    flags = re.split(r"[:;!]2,", name)[-1] if re.search(r"[:;!]2,", name) else ""
    second = re.match(r"(\d{9,10})\.", name)
    return Marks(
        role=role,
        folder="" if role else "/".join(path),
        seen="S" in flags and not new,
        flagged="F" in flags,
        answered="R" in flags,
        at_ms=int(second[1]) * 1000 if second else 0,
    )


def _encoded(value: str) -> str:
    """One line of a field; RFC 2047 where it is not ASCII."""
    plain = " ".join(value.split())
    return plain if plain.isascii() else Header(plain, "utf-8", maxlinelen=10_000).encode()


def _decoded(value: bytes) -> str:
    text = re.sub(r"\s*\n[ \t]+", " ", value[:VALUE_LONGEST].decode("utf-8", "replace").replace("\r", "")).strip()
    try:
        return str(make_header(decode_header(text)))
    except (ValueError, LookupError):
        return text
