"""Names of hosts as people take them: which site one belongs to, and which other it is made to look like."""

import re
from functools import lru_cache
from ipaddress import ip_address
from unicodedata import combining, normalize
from urllib.parse import urlsplit

from mailapp.mail.address import fold
from mailapp.mail.markup import names

MAX_HOST = 253
_SECOND = names("ac co com edu gob gov go mil ne net nom or org gr lg ed sch ltd plc me")
"""Second labels under which names are given out where the first has two letters: yuanye.com.cn."""
_SHARED = names(
    """github.io gitlab.io pages.dev workers.dev netlify.app vercel.app web.app firebaseapp.com herokuapp.com
    appspot.com azurewebsites.net blob.core.windows.net cloudfront.net s3.amazonaws.com onrender.com fly.dev
    myshopify.com wixsite.com weebly.com blogspot.com wordpress.com tumblr.com glitch.me repl.co ngrok.io
    ngrok-free.app translate.goog r2.dev surge.sh webflow.io square.site duckdns.org hopto.org no-ip.org ddns.net
    vicp.net gitee.io"""
)
"""Below these everybody has a site of their own."""
_LIKE = str.maketrans(
    {
        taken: letter
        for group in [
            "aаɑαᴀ4",
            "bв8ʙ",
            "cсϲᴄ",
            "dԁ",
            "eеᴇε3",
            "gɡɢ9",
            "hһнʜ",
            "iіıιi",
            "jјᴊ",
            "kκкᴋ",
            "lӏ1|",
            "mмᴍ",
            "nηɴ",
            "oоοσᴏ0",
            "pрρᴘ",
            "qԛ",
            "sѕ5ꜱ",
            "tтτᴛ7",
            "uυᴜ",
            "vѵνᴠ",
            "wԝωᴡ",
            "xхχ",
            "yуγʏ",
            "zᴢ",
        ]
        for letter, taken in ((group[0], one) for one in group[1:])
    }
)
"""Letters of other scripts and digits that are taken for Latin letters."""
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("nn", "m"))
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)+", re.ASCII)


@lru_cache(maxsize=4096)
def site_of(host: str) -> str:
    """The name somebody registered: sub.shop.example.com.cn -> example.com.cn. In A-labels; an address stays whole.

    A guess without the public suffix list, good enough to compare two names: of the endings it does not know it takes
    two owners for one, never one for two.
    """
    host = fold(f"x@{host[:MAX_HOST]}").partition("@")[2].strip("[]")
    if not host or _is_ip(host):
        return host
    labels = host.split(".")
    for length in (4, 3, 2):
        if len(labels) > length and ".".join(labels[-length:]) in _SHARED:
            return ".".join(labels[-length - 1 :])
    known_second = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND
    return ".".join(labels[-3 if known_second else -2 :])


def host_in(url: str) -> str:
    """The host of an http(s) URL in lower case, "" where it has none that can be read."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")[:MAX_HOST]
    except ValueError:
        return ""


def readable(host: str) -> str:
    """A host for people: A-labels stay as they are, because what they stand for may be made to mislead."""
    return host[:80]


def is_host(text: str) -> bool:
    """Whether a word could be a host of the internet."""
    return len(text) <= MAX_HOST and _HOST.fullmatch(text) is not None


@lru_cache(maxsize=4096)
def likeness(site: str) -> str:
    """What a site's name is taken for at a glance; two names with one likeness look alike."""
    shown = ".".join(_u_label(label) for label in site.split("."))
    bare = "".join(one for one in normalize("NFKD", shown.casefold()) if not combining(one))
    bare = bare.translate(_LIKE).replace("i", "l").replace("-", "")
    for pair, one in _PAIRS:
        bare = bare.replace(pair, one)
    return bare


def looks_like(site: str, known: str) -> bool:
    """Whether one name could be taken for another, known one: the same likeness, or one letter apart."""
    if site == known or not site or not known or _is_ip(site):
        return False
    theirs, ours = likeness(site), likeness(known)
    if theirs == ours:
        return True
    their_name, _, their_end = theirs.partition(".")
    our_name, _, our_end = ours.partition(".")
    if len(our_name) < 6:
        return False
    return their_end == our_end and their_name != our_name and _one_step(their_name, our_name)


def _one_step(a: str, b: str) -> bool:
    """Whether a letter put in, left out, doubled or swapped with its neighbour makes one of the other."""
    if abs(len(a) - len(b)) > 1:
        return False
    at = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    if len(a) == len(b):
        return a[at : at + 2] == b[at : at + 2][::-1] and a[at + 2 :] == b[at + 2 :]
    longer, shorter = (a, b) if len(a) > len(b) else (b, a)
    return longer[at + 1 :] == shorter[at:]


def _u_label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label.encode("ascii").decode("idna")
    except (UnicodeError, ValueError):
        return label


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
