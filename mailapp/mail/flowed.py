"""Text sent as format=flowed (RFC 3676): lines that end in a blank go on in the next one."""

import re

_MARKS = re.compile(r">*+")
_SIGNATURE = "-- "


def unflowed(text: str, *, delsp: bool = False) -> str:
    """The text with its paragraphs in one line each, so that they break where the reader's window ends. Linear.

    Quotations keep their marks, ">" before each line of theirs, as plain letters write them; with `delsp` the blank at
    the end of a line is no part of the text.
    """
    out: list[str] = []
    open_depth = -1  # how deep the paragraph lies that goes on; -1 where none does
    for line in text.split("\n"):
        found = _MARKS.match(line)
        depth = found.end() if found else 0
        own = line[depth:]
        if own.startswith(" ") and not own.startswith(" >"):
            own = own[1:]  # stuffed, so that it begins with nothing that counts
        flows = own.endswith(" ") and own != _SIGNATURE
        kept = own[:-1] if flows and delsp else own
        if depth != open_depth or own == _SIGNATURE:
            out += ("\n", f"{'>' * depth} " if depth else "")
        out.append(kept)
        open_depth = depth if flows else -1
    return "".join(out[1:])
