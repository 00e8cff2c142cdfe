"""Which parts are the letter and which are attachments (RFC 2046 5.1, RFC 2183, RFC 2387)."""

from dataclasses import field

from mailapp.mail.node import Node
from mailapp.values import dataclass

_TEXT = "text/plain"
_HTML = "text/html"
_SHOWN_AS_TEXT = {"text/enriched", "text/markdown", "text/x-markdown", "text/richtext", "text"}
_FOR_OTHER_READERS = {"text/x-amp-html", "text/watch-html", "text/x-watch-html"}


@dataclass(slots=True)
class Letter:
    """The same letter twice, as nodes to be shown one after the other; `html` is empty where none came."""

    text: list[Node] = field(default_factory=list)
    html: list[Node] = field(default_factory=list)

    def append(self, other: "Letter") -> None:
        """What follows in the same mail: each rendition goes on with the other's nearest one."""
        text = (self.text or self.html) + (other.text or other.html)
        if self.html or other.html:
            self.html = (self.html or self.text) + (other.html or other.text)
        self.text = text

    def __bool__(self) -> bool:
        return bool(self.text or self.html)


def choose(root: Node) -> tuple[Letter, list[Node]]:
    """The letter and the attachments, both in the order of the mail."""
    attachments: list[Node] = []
    letter = Letter()
    if root.children:
        letter = _multipart(root, attachments)
    elif _is_letter(root, first=True):
        letter = _leaf(root)
    else:
        attachments.append(root)
    return letter, attachments


def _leaf(node: Node) -> Letter:
    return Letter(html=[node]) if node.content_type == _HTML else Letter(text=[node])


def _is_letter(node: Node, first: bool) -> bool:
    if node.disposition == "attachment":
        return False
    if node.content_type in (_TEXT, _HTML):
        # With a name it may be either; nothing before it, it is the letter.
        return first or not node.name
    return node.content_type in _SHOWN_AS_TEXT and not node.name


def _multipart(node: Node, attachments: list[Node]) -> Letter:
    if node.content_type == "multipart/alternative":
        return _alternative(node, attachments)
    if node.content_type == "multipart/related":
        return _related(node, attachments)
    return _mixed(node.children, attachments)


def _mixed(children: list[Node], attachments: list[Node]) -> Letter:
    letter = Letter()
    # A named text is the letter only where no unnamed one comes.
    unnamed = any(child.children or _is_letter(child, first=False) for child in children)
    for child in children:
        if child.children:
            letter.append(_multipart(child, attachments))
        elif _is_letter(child, first=not letter and not unnamed):
            letter.append(_leaf(child))
        else:
            attachments.append(child)
    return letter


def _alternative(node: Node, attachments: list[Node]) -> Letter:
    best = Letter()
    for child in node.children:
        if child.children:
            one = _multipart(child, attachments)
        elif _is_letter(child, first=True):
            one = _leaf(child)
        else:
            if child.content_type not in _FOR_OTHER_READERS:
                attachments.append(child)
            continue
        if one.text and not best.text and not (one.html and one.text == one.html):
            best.text = one.text
        if one.html:
            best.html = one.html  # the last is the richest
    return best


def _related(node: Node, attachments: list[Node]) -> Letter:
    start = node.parameters.get("start", "").strip("<> ")
    root = next((child for child in node.children if start and child.content_id == start), node.children[0])
    if not root.children and not _is_letter(root, first=True):
        return _mixed(node.children, attachments)
    rest = [child for child in node.children if child is not root]
    letter = _multipart(root, attachments) if root.children else _leaf(root)
    letter.append(_mixed([child for child in rest if child.children or not child.content_id], attachments))
    attachments.extend(child for child in rest if not child.children and child.content_id)
    return letter
