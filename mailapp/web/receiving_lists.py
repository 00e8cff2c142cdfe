"""Pages of the receiving log: the list, and what stands beside it."""

from urllib.parse import urlencode

from quart import request

from mailapp.store import receiving_view
from mailapp.values import dataclass
from mailapp.web.context import context
from mailapp.web.forms import positive_id, text
from mailapp.web.reader import current_reader
from mailapp.web.receiving_views import ONLY, ToldRow, ToldView, WantedLine, told_row
from mailapp.web.rows import Moment

PAGE = 50


@dataclass(frozen=True, slots=True)
class WantedView:
    """Addresses people ask for in vain."""

    lines: tuple[WantedLine, ...]
    target: str
    target_name: str
    open: bool
    """Whether it was asked for, and is not only what stands beside the list."""
    said: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class ReceivingPage:
    rows: tuple[ToldRow, ...]
    path: str
    """Of the list as it is shown, where it looks again."""
    root: str
    q: str
    only: str
    follows: bool
    """Whether new ones come by themselves: on the first page."""
    next_href: str
    open_id: int = 0
    beside: bool = False
    """Whether one is opened beside the list, not instead of it."""
    told: ToldView | None = None
    wanted: WantedView | None = None

    @property
    def again(self) -> str:
        """Where the list asks for itself anew."""
        return self.path + (f"{'&' if '?' in self.path else '?'}open={self.open_id}" if self.open_id else "")


async def told_page(account_id: int | None, root: str, open_id: int = 0) -> ReceivingPage:
    """The list the request asks for (q, only, before): of an account, or (None) of all."""
    q, only = text(request.args, "q", 200), request.args.get("only", "")
    before = positive_id(request.args["before"]) if "before" in request.args else None
    outcomes = ONLY.get(only, ())
    only = only if outcomes else ""
    load = context().database.apart if q or outcomes else context().database.read
    found = await load(receiving_view.page, account_id, q, before, PAGE + 1, outcomes)
    moment = Moment(current_reader(), context().clock())
    asked = [(name, value) for name, value in (("q", q), ("only", only)) if value]
    shown = found[:PAGE]
    older = f"{root}?{urlencode([*asked, ('before', str(shown[-1].id))])}" if len(found) > PAGE else ""
    return ReceivingPage(
        rows=tuple(told_row(moment, each, root, asked, open_id) for each in shown),
        path=f"{root}?{urlencode(asked)}" if asked else root,
        root=root,
        q=q,
        only=only,
        follows=before is None and not q,
        next_href=older,
        open_id=open_id,
        beside=account_id is None,
    )
