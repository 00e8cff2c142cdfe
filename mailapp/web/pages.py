"""Templates: one plain synchronous Jinja environment per language (Quart's own is 3 to 10 times slower)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from mailapp.i18n import LANGUAGES, translations
from mailapp.web.assets import Assets

Macro = Callable[..., Markup]


class Pages:
    """Renders pages and the macros that pages, fragments and the stream share."""

    def __init__(self, root: Path) -> None:
        self.assets = Assets(root / "static")
        loader = FileSystemLoader(root / "templates")
        self._environments = {language: self._environment(loader, language) for language in LANGUAGES}
        self._macros: dict[tuple[str, str, str], Macro] = {}

    def _environment(self, loader: FileSystemLoader, language: str) -> Environment:
        environment = Environment(
            loader=loader,
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            extensions=["jinja2.ext.i18n"],
        )
        environment.globals.update(lang=language, asset=self.assets.url)
        environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
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
