"""The MIME tree as byte ranges: one pass over the content in chunks, nothing decoded (RFC 2045, RFC 2046 5.1)."""

from collections.abc import Iterator

from mailapp.mail.content import Content
from mailapp.mail.headers import Field, fields, first_stray_line, starts_with_field
from mailapp.mail.limits import Limits
from mailapp.mail.node import Node, describe_section, node_of

_CHUNK = 262_144
_LONGEST_DELIMITER = 512
"""A boundary has at most 70 characters (RFC 2046 5.1.1); longer ones are met, this long ones are not."""
_PART_HEADER_BYTES = 16_384
_FIRST_HEADER_BYTES = 2_048
_PLAIN_BYTES = 65_536
_FRUITLESS = 200_000
"""Lines that look like delimiters and are none: after so many the scan ends, the rest belongs to the part it is in."""


def header_section(content: Content, limits: Limits) -> tuple[list[Field], int]:
    """The fields at the top of a message and the offset of its body. A message may have no header section at all."""
    data = content.read(0, limits.header_bytes)
    if data.startswith((b"\r\n", b"\n")):
        return [], 2 if data.startswith(b"\r\n") else 1
    if not starts_with_field(data):
        return [], 0
    end, body = _blank_line(data)
    if body:
        return fields(data[:end], limits.header_fields), body
    if content.size <= len(data):
        # No blank line: what follows the last field is the body.
        end = first_stray_line(data)
        return fields(data[:end], limits.header_fields), end
    return fields(data, limits.header_fields), _blank_line_after(content, len(data) - 2)


def _blank_line(data: bytes) -> tuple[int, int]:
    """Where the header section ends and the body starts, (0, 0) where no empty line divides them."""
    at = data.find(b"\n\r\n")
    bare = data.find(b"\n\n", 0, at + 1 if at >= 0 else len(data))
    if bare >= 0:
        return bare + 1, bare + 2
    return (at + 1, at + 3) if at >= 0 else (0, 0)


def _blank_line_after(content: Content, offset: int) -> int:
    while offset < content.size:
        _, body = _blank_line(content.read(offset, _CHUNK + 2))
        if body:
            return offset + body
        offset += _CHUNK
    return content.size


def tree(content: Content, root: Node, limits: Limits) -> Node:
    """Split a multipart root into its parts, as deep and as many as the limits allow; returns the root."""
    if root.is_multipart:
        if not _split_plain(content, root, limits):
            _Splitter(content, root, limits).run()
        _settle(root)
    return root


def _split_plain(content: Content, root: Node, limits: Limits) -> bool:
    """Split what most mail is, short and correct parts side by side, for half the price; False for anything else.

    Whatever is nested, cut off, long or odd is left to `_Splitter`, which comes to the same where both can.
    """
    start, size = root.start, content.size
    boundary = root.parameters.get("boundary", "").rstrip().encode("utf-8", "replace")
    usual = 0 < len(boundary) <= _LONGEST_DELIMITER // 2 and root.content_type != "multipart/digest"
    if not usual or size - start > _PLAIN_BYTES or limits.depth < 1:
        return False
    # the line break before the first delimiter may be the one that ends the header section
    data = b"\n" + content.read(start, size - start)
    mark = b"\n--" + boundary
    pieces = data.split(mark, limits.parts)
    at = start - 1 + len(pieces[0]) + len(mark)
    if not 3 <= len(pieces) < limits.parts or pieces[-1].partition(b"\n")[0].rstrip() != b"--":
        return False
    parts: list[Node] = []
    for piece in pieces[1:-1]:
        part = _plain_part(piece, at, limits)
        if part is None:
            return False
        parts.append(part)
        at += len(piece) + len(mark)
    root.children = parts
    return True


def _plain_part(piece: bytes, at: int, limits: Limits) -> Node | None:
    """A part with what follows its delimiter up to the next one, which lies at `at`; None where it is out of the
    ordinary."""
    line = piece.find(b"\n") + 1
    if not 0 < line <= _LONGEST_DELIMITER // 4 or piece[:line].strip() or piece.startswith(b"\n", line):
        return None
    end, body = (line, line + 2) if piece.startswith(b"\r\n", line) else _blank_line_from(piece, line)
    section = piece[line:end]
    if not body or b"\n--" in section or section.startswith(b"--"):
        return None
    part = node_of(describe_section(section, limits.header_fields), at + body, at + len(piece))
    if part.is_multipart:
        return None
    if len(piece) > body and piece.endswith(b"\r"):
        part.end -= 1
    return part


def _blank_line_from(piece: bytes, line: int) -> tuple[int, int]:
    """`_blank_line` of a part's header; (0, 0) as well where it is longer than what is looked at first."""
    end, body = _blank_line(piece[line : line + _FIRST_HEADER_BYTES])
    return (line + end, line + body) if body else (0, 0)


class _Splitter:
    """Walks the delimiter lines in order; a stack holds the multiparts that are open."""

    def __init__(self, content: Content, root: Node, limits: Limits) -> None:
        self.content = content
        self.limits = limits
        self.root = root
        self.open: list[tuple[bytes, Node]] = []
        self.delimiters: dict[bytes, tuple[int, bool]] = {}
        self.needle = b"--"
        self.part: Node | None = None
        self.count = 0

    def run(self) -> None:
        if not self._enter(self.root):
            return
        resume = self.root.start
        for start, line, after in self._lines(self.root.start):
            if start < resume and self.part is not None:
                self.part.start = start  # a delimiter inside a header section: that part has no body
            self._end_part(start)
            resume = self._delimiter(*self.delimiters[line], after)
            if self.count >= self.limits.parts:
                break
        self._end_part(self.content.size, at_end=True)

    def _delimiter(self, level: int, closing: bool, after: int) -> int:
        """Close what the delimiter ends and start the next part; returns where that one's body starts."""
        if closing:
            # The outermost stays open: some mailers go on after its end, and nothing is to be lost.
            self._leave_to(max(1, level))
            return after
        self._leave_to(level + 1)
        parent = self.open[-1][1]
        self.count += 1
        if self.count >= self.limits.parts:
            self.part = Node("application/octet-stream", start=after)
            parent.children.append(self.part)
            return after
        section, body = self._part_header(after)
        said = describe_section(section, self.limits.header_fields)
        default = "message/rfc822" if parent.content_type == "multipart/digest" else "text/plain"
        self.part = node_of(said, body, body, default)
        parent.children.append(self.part)
        if self.part.is_multipart:
            self._enter(self.part)
        return body

    def _part_header(self, start: int) -> tuple[bytes, int]:
        """The header section of a part and the offset of its body."""
        for size in (_FIRST_HEADER_BYTES, _PART_HEADER_BYTES):
            data = self.content.read(start, size)
            if data.startswith((b"\r\n", b"\n")):
                return b"", start + (2 if data.startswith(b"\r\n") else 1)
            end, body = _blank_line(data)
            if body:
                break
            if len(data) < size:
                end = body = first_stray_line(data)
                break
        else:
            end = body = first_stray_line(data)
        section = data[:end]
        if b"\n--" in section or section.startswith(b"--"):
            section = self._before_delimiter(section)
        return section, start + body

    def _before_delimiter(self, section: bytes) -> bytes:
        """A header section as far as the next delimiter: a part may be nothing but a header."""
        at = 0
        for line in section.splitlines(keepends=True):
            if line.rstrip() in self.delimiters:
                return section[:at]
            at += len(line)
        return section

    def _enter(self, node: Node) -> bool:
        """Open a multipart; False where it is too deep or has no boundary."""
        if len(self.open) >= self.limits.depth:
            node.content_type = "application/octet-stream"
            return False
        boundary = node.parameters.get("boundary", "").rstrip().encode("utf-8", "replace") or self._guessed(node)
        if not boundary or len(boundary) > _LONGEST_DELIMITER - 8:
            return False
        self.open.append((boundary, node))
        self._index()
        return True

    def _guessed(self, node: Node) -> bytes:
        """The boundary was not declared: the first line of the body that looks like a delimiter shows it."""
        for line in self.content.read(node.start, 4096).splitlines()[:50]:
            if line.startswith(b"--") and len(line.strip()) > 3:
                return line.strip()[2:]
        return b""

    def _leave_to(self, depth: int) -> None:
        if len(self.open) > depth:
            del self.open[depth:]
            self._index()

    def _index(self) -> None:
        # Inner ones overwrite outer ones of the same name; a delimiter wins over a close-delimiter that looks alike.
        self.delimiters = {b"--" + name + b"--": (level, True) for level, (name, _) in enumerate(self.open)}
        self.delimiters |= {b"--" + name: (level, False) for level, (name, _) in enumerate(self.open)}
        names = [name for name, _ in self.open]
        self.needle = b"--" + _common_start(names)

    def _end_part(self, delimiter: int, at_end: bool = False) -> None:
        """The part before a delimiter ends before the line break that belongs to the delimiter."""
        part, self.part = self.part, None
        if part is None:
            return
        end = delimiter
        if not at_end and end > part.start:
            tail = self.content.read(max(part.start, end - 2), end - max(part.start, end - 2))
            end -= 2 if tail == b"\r\n" else int(tail.endswith(b"\n"))
        part.end = max(part.start, end)

    def _lines(self, offset: int) -> Iterator[tuple[int, bytes, int]]:
        """Lines that may be delimiters: (offset of the line, line without trailing white space, offset after it).

        The needle grows and shrinks with the open multiparts, so it is looked up anew for each line.
        """
        fruitless = 0
        at_start = True
        while offset < self.content.size:
            data = self.content.read(offset, _CHUNK + _LONGEST_DELIMITER)
            at = 0 if at_start and data.startswith(b"--") else self._find(data, 0)
            at_start = False
            while at >= 0:
                end = data.find(b"\n", at, at + _LONGEST_DELIMITER)
                line = data[at : end if end >= 0 else at + _LONGEST_DELIMITER].rstrip()
                if line not in self.delimiters:
                    fruitless += 1
                    if fruitless > _FRUITLESS:
                        return
                else:
                    yield offset + at, line, offset + (end + 1 if end >= 0 else at + len(line))
                at = self._find(data, end if end >= 0 else at + 1)
            offset += _CHUNK

    def _find(self, data: bytes, at: int) -> int:
        """Index of the next line that begins like every open delimiter, -1 for none in this chunk."""
        found = data.find(b"\n" + self.needle, at, _CHUNK + len(self.needle))
        return found + 1 if found >= 0 else -1


def _common_start(names: list[bytes]) -> bytes:
    """What all names begin with."""
    if len(names) == 1:
        return names[0]
    low, high = min(names), max(names)
    for index, byte in enumerate(low):
        if byte != high[index]:
            return low[:index]
    return low


def _settle(node: Node) -> None:
    """A multipart without parts was none: it is shown as text."""
    for child in node.children:
        _settle(child)
    if node.is_multipart and not node.children:
        node.content_type = "text/plain"
