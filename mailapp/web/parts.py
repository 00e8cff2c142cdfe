"""Pages that are seldom looked at: their modules are loaded with the first request for one of them.

They are answered as every other page is: the site's own sessions, checks, errors and security fields stand around them.
Only their routes and views come later, and only for a request that the site's checks let through.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import field
from importlib import import_module

from quart import Quart
from quart.ctx import RequestContext
from quart.globals import request_ctx
from quart.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import BaseConverter, Rule

from mailapp.values import dataclass


@dataclass(slots=True)
class Part:
    """Some of the site's pages: a module with NOUNS, each with a `blueprint`, and the paths all of them lie at."""

    module: str
    paths: tuple[str, ...]
    """Whole paths, or what comes before a slash."""
    routes: Quart | None = None
    """Its routes, once they are loaded."""
    _loading: asyncio.Lock = field(default_factory=asyncio.Lock)

    def has(self, path: str) -> bool:
        return path in self.paths or path.startswith(tuple(f"{one}/" for one in self.paths))

    async def loaded(self, converters: dict[str, type[BaseConverter]]) -> Quart:
        """Its routes; the first time in a thread, because reading the modules takes a tenth of a second."""
        async with self._loading:
            if self.routes is None:
                self.routes = await asyncio.to_thread(self._load, converters)
            return self.routes

    def _load(self, converters: dict[str, type[BaseConverter]]) -> Quart:
        routes = Quart(self.module, static_folder=None, template_folder=None)
        routes.config.update(PROVIDE_AUTOMATIC_OPTIONS=False)
        routes.url_map.converters.update(converters)
        for noun in import_module(self.module).NOUNS:
            routes.register_blueprint(noun.blueprint)
        return routes


class PartedSite(Quart):
    """Quart, with some of its routes found later."""

    parts: Sequence[Part] = ()

    async def dispatch_request(self, request_context: RequestContext | None = None) -> ResponseReturnValue:
        """The answer of the view; where none is known yet, of a part that has this path."""
        asked = (request_context or request_ctx).request
        if isinstance(asked.routing_exception, NotFound):
            part = next((one for one in self.parts if one.has(asked.path)), None)
            if part is not None:
                routes = await self.load(part)
                adapter = routes.create_url_adapter(asked)
                assert adapter is not None
                try:
                    asked.url_rule, asked.view_args = adapter.match(return_rule=True)  # type: ignore[assignment]
                    asked.routing_exception = None
                except HTTPException as error:
                    asked.routing_exception = error
        return await super().dispatch_request(request_context)

    async def load(self, part: Part) -> Quart:
        """The part's routes; its views are then ours."""
        routes = await part.loaded(self.url_map.converters)
        self.view_functions.update(routes.view_functions)
        return routes

    async def rules(self) -> list[Rule]:
        """Every route, those of the parts included."""
        maps = [self.url_map, *[(await self.load(part)).url_map for part in self.parts]]
        return [rule for one in maps for rule in one.iter_rules()]
