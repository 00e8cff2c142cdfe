"""Our own scripts and styles without comments and blanks: an eighth of what the inbox loads at first."""

import re

_BLOCK = re.compile(rb"/\*.*?\*/", re.DOTALL)
_OWN_LINES = re.compile(rb"^[ \t]*/\*.*?\*/[ \t]*$", re.DOTALL | re.MULTILINE)
_STRING = re.compile(rb"""("[^"\n]*"|'[^'\n]*')""")
_AROUND = re.compile(rb"\s*([{};,])\s*")
_LITERAL = re.compile(rb"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`)""")
_OPERATOR = re.compile(rb" ?(=>|===|!==|&&|\|\||[=?:<>,{}();]) ?")
_TRAILING = re.compile(rb"(?<=[;{},)]) // [^\"'`\n]*$", re.MULTILINE)


def bare_style(style: bytes) -> bytes:
    """A style sheet of ours, shorter. What stands in quotes stays; a selector of ours has no blank behind a colon."""
    parts = _STRING.split(_lines(_BLOCK.sub(b"", style)))
    parts[::2] = [_AROUND.sub(rb"\1", each).replace(b": ", b":").replace(b";}", b"}") for each in parts[::2]]
    return b"".join(parts)


def bare_script(script: bytes) -> bytes:
    """A script of ours, shorter. Lines that are comments go, what follows a statement after //, and most blanks around
    operators.

    For files written like ours, not for any script: a template literal over several lines would lose its indentation.
    """
    lines = (line for line in _OWN_LINES.sub(b"", script).splitlines() if not line.lstrip().startswith(b"//"))
    told = _lines(_TRAILING.sub(b"", b"\n".join(lines))).split(b"\n")
    return b"\n".join(map(_tight, told))


def _tight(line: bytes) -> bytes:
    """A line of a script without the blanks around operators; as it is where it may hold a pattern or a comment, or a
    literal in another's."""
    parts = _LITERAL.split(line)
    if line.count(b"`") > 2 or any(b"/" in each for each in parts[::2]):
        return line
    parts[::2] = [_OPERATOR.sub(rb"\1", each) for each in parts[::2]]
    return b"".join(parts)


def _lines(text: bytes) -> bytes:
    return b"\n".join(line.strip() for line in text.splitlines() if line.strip())
