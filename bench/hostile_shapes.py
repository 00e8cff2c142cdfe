"""Letters made to hold a server up: each a (name, HTML) or a whole message."""

from collections.abc import Iterator

SIZE = 10_000_000


def html_letters() -> Iterator[tuple[str, str]]:
    """HTML that is dear to a parser, a sanitiser, a style filter or a tree builder."""
    yield "an ordinary letter of 100 KB", ordinary(100_000)
    yield "50,000 nested elements", "<div>" * 50_000 + "x" + "</div>" * 50_000
    yield "50,000 nested inline elements, never closed", "<b><i><font color=red>" * 17_000 + "x"
    yield "10 MB of style", f"<style>{'p{color:red}' * (SIZE // 12)}</style><p>x"
    yield "10 MB of inline style", "<p style='" + "color:red;margin:0 0 1px;" * (SIZE // 25) + "'>x"
    yield "60,000 inline styles", '<p style="font:12px Arial,sans-serif;color:#333;margin:0 0 1em">x</p>' * 60_000
    yield "10 MB of one attribute", f'<p title="{"a" * SIZE}">x'
    yield "10 MB of one link", f'<a href="https://x.example/{"a " * (SIZE // 2)}">x</a>'
    yield "4,000 attributes on each element", f"<p {'a=1 ' * 4_000}>x" * 100
    yield "200,000 links", '<a href="https://x.example/?a=1&amp;b=2">x</a> ' * 200_000
    yield "200,000 pictures", '<img src="https://x.example/a.gif" width=1 height=1>' * 200_000
    yield "nested lists", "<ul><li>" * 20_000 + "x"
    yield "nested tables", "<table><tr><td>" * 20_000 + "x"
    yield "nested quotes", "<blockquote>" * 100_000 + "x" + "</blockquote>" * 100_000
    yield "a table of 100,000 cells", "<table>" + "<tr>" + "<td>x" * 100_000 + "</table>"
    yield "a million character references", "&amp;" * 1_000_000
    yield "a million unknown references", "&xyzzyq;" * 1_000_000
    yield "a million less-than signs", "<" * 1_000_000 + " <" * 1_000_000
    yield "comments that never end", "<!--" * 500_000
    yield "a million end tags of nothing", "</b></i></p>" * 330_000
    yield "misnested formatting", "<b><p><i></b></p></i>" * 95_000
    yield "10 MB of one word", "a" * SIZE
    yield "10 MB of blanks", " " * SIZE + "x"


def text_letters() -> Iterator[tuple[str, str]]:
    """Plain text that is dear to whoever finds quotes and links in it."""
    yield "10 MB of plain text", "A line of plain text as people write it.\n" * (SIZE // 41)
    yield "alternating quote levels", ">>>>>>>> a\nb\n" * 80_000
    yield "quote levels up and down", "".join(f"{'>' * (each % 9)} a\n" for each in range(200_000))
    yield "200,000 plain links", "https://x.example/a\n" * 200_000
    yield "a megabyte of quote marks", ">" * 1_048_576
    yield "a megabyte of brackets in a link", "https://x.example/" + "()" * 524_288


def messages() -> Iterator[tuple[str, bytes]]:
    """Whole messages: every letter above, and what only the structure of a message can do."""
    for name, html in html_letters():
        yield name, _message("text/html; charset=utf-8", html)
    for name, text in text_letters():
        yield name, _message("text/plain; charset=utf-8", text)
    head = _head("multipart/mixed; boundary=b")
    yield "50,000 parts", head + b"--b\r\nContent-Type: text/html\r\n\r\n<p>x\r\n" * 50_000 + b"--b--\r\n"
    yield (
        "50,000 attachments",
        head
        + b"--b\r\nContent-Type: a/b; name=x\r\nContent-Disposition: attachment\r\n\r\nx\r\n" * 50_000
        + b"--b--\r\n",
    )
    nested = b"".join(
        b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (each, each + 1) for each in range(20_000)
    )
    yield "20,000 nested multiparts", _head("multipart/mixed; boundary=b0") + nested
    yield "a header of 10 MB", b"X-A: " + b"a " * 5_000_000 + b"\r\nSubject: x\r\n\r\nx\r\n"
    yield "200,000 recipients", b"To: " + b"a@b.example,\r\n " * 200_000 + b"c@d.example\r\nSubject: x\r\n\r\nx\r\n"


def drafts() -> Iterator[tuple[str, str]]:
    """HTML a compose page may be made to save: as dear as is still taken, and more than that."""
    yield "an ordinary letter of 100 KB", ordinary(100_000)
    yield "40,000 tags", "<table>" + ("<tr>" + "<td style='padding:1px;color:red'>x</td>" * 9) * 2_000 + "</table>"
    yield "8,000 links, each another", "".join(f"<a href='https://x.example/{n}?a=1&amp;b'>x</a>" for n in range(7_900))
    yield "2 MB of styles", "".join(f"<p style='{f'color:#{n:06x};' * 90}'>x</p>" for n in range(1_500))
    yield "2 MB of one word", "a" * 2_000_000
    yield "50,000 nested elements", "<div>" * 50_000 + "x"
    yield "120,000 pictures", "<img src='cid:x'>" * 120_000


def ordinary(size: int) -> str:
    """A newsletter as they are: tables, inline styles, links, pictures."""
    row = (
        '<tr><td style="padding:12px 24px;font:14px/21px Arial,sans-serif;color:#333333" align="left">'
        '<a href="https://news.example/?u=1&amp;id=2" style="color:#0f6f5c;text-decoration:none">A headline &mdash; in a'
        ' cell</a><br><img src="https://news.example/p.gif" width="600" height="80" alt="A picture" style="display:block">'
        "<p style='margin:0 0 12px'>Some text of a newsletter, 一些中文, as long as such texts are.</p></td></tr>\n"
    )
    return f'<html><body><table width="600" cellspacing="0">{row * (size // len(row.encode()))}</table></body></html>'


def _head(kind: str) -> bytes:
    return f"From: A <a@b.example>\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: {kind}\r\n\r\n".encode()


def _message(kind: str, text: str) -> bytes:
    """Lines as they come: 8 bits, long where the letter has no line breaks."""
    return _head(kind) + text.replace("\n", "\r\n").encode() + b"\r\n"
