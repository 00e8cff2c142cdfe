"""Catalogues of the languages people read, and the choice between them."""

import gettext
from functools import cache
from pathlib import Path

DOMAIN = "mailapp"
LOCALE_DIR = Path(__file__).resolve().parent / "locale"
FIRST = ("zh-CN", "en")
"""The languages every text is there for; the first is used where nothing is known."""


def languages_in(folder: Path) -> tuple[str, ...]:
    """FIRST, then whatever else has a compiled catalogue in a folder of its own (de, pt_BR), in order."""
    found = (path.parent.parent.name.replace("_", "-") for path in folder.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))
    return (*FIRST, *sorted(set(found) - set(FIRST)))


LANGUAGES = languages_in(LOCALE_DIR)
"""What pages are written in."""


@cache
def translations(language: str) -> gettext.NullTranslations:
    """The catalogue of one of LANGUAGES. Message ids are English, so English needs no file."""
    return gettext.translation(DOMAIN, LOCALE_DIR, [language.replace("-", "_")], fallback=True)


@cache
def language_names() -> tuple[tuple[str, str], ...]:
    """(language, what it calls itself) of LANGUAGES. A catalogue says so where it translates "English"."""
    found = []
    for language in LANGUAGES:
        _ = translations(language).gettext
        found.append((language, _("English")))
    return tuple(found)


def negotiate(accept_language: str, choice: str = "") -> str:
    """The language for a reader: their own choice, else the first of Accept-Language (RFC 9110 12.5.4) we speak.

    Every Chinese gets zh-CN. Someone who asks only for languages we lack gets English, who asks for none Chinese.
    """
    if choice in LANGUAGES:
        return choice
    asked = [tag for _, tag in sorted(_ranges(accept_language), key=lambda each: -each[0])]
    for tag in asked:
        primary = tag.partition("-")[0]
        for language in LANGUAGES:
            if language.partition("-")[0] == primary:
                return language
        if tag == "*":
            return LANGUAGES[0]
    return "en" if asked else LANGUAGES[0]


def _ranges(header: str) -> list[tuple[float, str]]:
    """(quality, lower-case language range) in the order given, without those of quality 0."""
    found = []
    for item in header[:1000].split(","):
        tag, _, parameter = item.strip().partition(";")
        name, _, value = parameter.strip().partition("=")
        try:
            quality = float(value) if name.strip() == "q" else 1.0
        except ValueError:
            quality = 0.0
        if tag.strip() and quality > 0:
            found.append((quality, tag.strip().lower()))
    return found
