"""Templates: one plain synchronous Jinja environment per language (Quart's own is 3 to 10 times slower)."""

import ast
import json
import re
from collections.abc import Callable, Iterable, MutableMapping
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension
from markupsafe import Markup

from mailapp.i18n import LANGUAGES, language_names, translations
from mailapp.web.assets import Assets

Macro = Callable[..., Markup]
ROW = "partials/message/row.html"
ROWS_KEPT = 1_000
"""Rendered rows remembered per language, about 1.3 kB each."""
REMEMBERED = (("partials/filing/acts.html", "selection_acts"), ("partials/mailbox/folder.html", "folder_link"))
"""Other macros of which a page needs the same few again and again: what they show is what they are given."""
OTHERS_KEPT = 200
ROW_KEPT_BELOW = 8_192
"""Characters of a rendered row from which it is made anew each time: senders choose how long theirs are."""
PLAIN_CALL = re.compile(r"""\b_\(\s*("[^"\\\n]*"|'[^'\\\n]*')\s*\)""")
ICON = "partials/icon.html"
PLAIN_ICON = re.compile(r"""\{\{ icon\("([a-z0-9-]+)", (\d+)\) \}\}""")


class _TooLong(Exception):
    """Carries a rendered row past lru_cache, which keeps what is returned but not what is raised."""

    def __init__(self, html: Markup) -> None:
        super().__init__()
        self.html = html


class Compiled(Extension):
    """Puts the words of `_("plain literal")` and the icons of `icon("name", 18)` into the template when it is compiled.

    Every language has its own environment, so nothing is lost; a call at run time costs 10 µs, 200 times a page.
    """

    priority = 50  # before the i18n extension, which does the others: with variables, plural, or blocks

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        gettext = cast(Callable[[str], str], self.environment.globals["plain_gettext"])

        def word(match: re.Match[str]) -> str:
            message = ast.literal_eval(match[1])
            return match[0] if "%" in message else json.dumps(gettext(message), ensure_ascii=False)

        return PLAIN_ICON.sub(self._icon, PLAIN_CALL.sub(word, source))

    def _icon(self, match: re.Match[str]) -> str:
        icon: Macro = self.environment.get_template(ICON).module.icon  # type: ignore[attr-defined]
        return str(icon(match[1], int(match[2])))


class _Environment(Environment):
    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Plain ones: what a template is given beside them is asked of every import, and a chain is slow at that."""
        return {**self.globals, **(d or {})}


class Pages:
    """Renders pages and the macros that pages, fragments and the stream share."""

    def __init__(self, root: Path) -> None:
        self.assets = Assets(root / "static")
        loader = FileSystemLoader(root / "templates")
        self._environments = {language: self._environment(loader, language) for language in LANGUAGES}
        self._macros: dict[tuple[str, str, str], Macro] = {}

    def _environment(self, loader: FileSystemLoader, language: str) -> Environment:
        environment = _Environment(
            loader=loader,
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            extensions=["jinja2.ext.i18n", Compiled],
        )
        plain = translations(language).gettext
        environment.globals.update(
            lang=language,
            languages=language_names(),
            asset=self.assets.url,
            plain_gettext=plain,
        )
        environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
        _remember_rows(environment)
        for file, name in REMEMBERED:
            module = environment.get_template(file).module
            setattr(module, name, lru_cache(maxsize=OTHERS_KEPT)(getattr(module, name)))
        return environment

    def page(self, language: str, name: str, **values: Any) -> str:
        """A whole template."""
        return self._environments[language].get_template(name).render(**values)

    def macro(self, language: str, name: str, file: str) -> Macro:
        """A macro of templates/partials/<file>.html."""
        key = (language, name, file)
        macro = self._macros.get(key)
        if macro is None:
            module = self._environments[language].get_template(f"partials/{file}.html").module
            macro = self._macros[key] = getattr(module, name)
        return macro


def _remember_rows(environment: Environment) -> None:
    """Keep rendered rows, for pages and frames alike: a row is what its view model says, and most do not change."""
    module = environment.get_template(ROW).module
    render: Macro = module.message_row  # type: ignore[attr-defined]

    @lru_cache(maxsize=ROWS_KEPT)
    def remembered(row: Any, open_id: int) -> Markup:
        html = render(row, open_id)
        if len(html) > ROW_KEPT_BELOW:
            raise _TooLong(html)
        return html

    def message_row(row: Any, open_id: int = 0) -> Markup:
        try:
            return remembered(row, open_id if row.id == open_id else 0)
        except _TooLong as long:
            return long.html

    def message_rows(rows: Iterable[Any], open_id: int = 0) -> Markup:
        return Markup("\n".join([message_row(row, open_id) for row in rows]))  # noqa: S704 - all of them are

    module.message_row = message_row  # type: ignore[attr-defined]
    module.message_rows = message_rows  # type: ignore[attr-defined]
