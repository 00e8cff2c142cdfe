"""POST /admin/relay-tests: log in to a relay, send a mail, and show every step as it happens."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from markupsafe import Markup
from quart import Blueprint, Response, request

from mailapp import maillog
from mailapp.flow.relaying import Letter
from mailapp.mail.address import is_valid, split
from mailapp.store import domains
from mailapp.store.relays import Relay
from mailapp.transport.relay_test import Dialogue
from mailapp.web.admin_relays import TestLine, TrialView, relay_page, stored
from mailapp.web.context import context, site
from mailapp.web.forms import positive_id, text
from mailapp.web.fragments import is_fragment
from mailapp.web.frames import frame
from mailapp.web.reader import Reader, current_reader
from mailapp.web.relay_forms import form_of
from mailapp.web.relay_words import Verdict, verdict_of

blueprint = Blueprint("relay_trials", __name__)


@blueprint.post("/admin/relay-tests")
async def try_out() -> Response:
    """Fields relay, from, to ("" only logs in). With scripts the steps are streamed, else shown when it is over."""
    given = await request.form
    relay = await stored(positive_id(given.get("relay", "")))
    filled = TrialView(text(given, "from"), text(given, "to"))
    wrong = await _wrong(current_reader(), filled)
    trial = _Trial(relay, filled, current_reader())
    if is_fragment():
        response = Response(trial.frames(wrong), 200, content_type="text/event-stream; charset=utf-8")
        response.headers["Cache-Control"] = "no-store, no-transform"
        response.headers["X-Accel-Buffering"] = "no"
        response.timeout = None
        return response
    verdict = wrong or await trial.run()
    locked = not context().relaying.can_open(relay)
    return await relay_page(
        relay,
        form_of(current_reader(), relay, locked=locked),
        status=422 if wrong else 200,
        trial=filled,
        lines=tuple(trial.lines),
        verdict=verdict,
    )


async def _wrong(reader: Reader, filled: TrialView) -> Verdict | None:
    """What cannot be used in the form, None where all can."""
    domain = split(filled.from_)[1]
    if not is_valid(filled.from_) or await context().database.read(domains.by_name, domain.lower()) is None:
        return Verdict(False, reader.gettext("The sender has to be an address in one of your domains."))
    if filled.to and not is_valid(filled.to):
        return Verdict(False, reader.gettext("This is not an address: {address}").format(address=filled.to))
    return None


class _Trial:
    """One test under way. It runs apart from the answer, which may end first."""

    def __init__(self, relay: Relay, filled: TrialView, reader: Reader) -> None:
        self.lines: list[TestLine] = []
        self._relay = relay
        self._filled = filled
        self._reader = reader
        self._context = context()
        self._pages = site().pages
        self._loop = asyncio.get_running_loop()
        self._begun = self._loop.time()
        self._news: asyncio.Queue[TestLine | None] = asyncio.Queue()

    async def run(self) -> Verdict:
        """Make the test; what it came to."""
        _ = self._reader.gettext
        letter = None
        if self._filled.to:
            subject = _("A test of the relay {name}").format(name=self._relay.name)
            letter = Letter(self._filled.from_, self._filled.to, subject, _("It arrived: the relay works."))
        try:
            dialogue: Dialogue = await self._context.relaying.test(self._relay, letter, self._note)
        except Exception:
            maillog.unforeseen("trying a relay out")
            title, advice = _("Something went wrong here"), _("It was written down. Try again in a moment.")
            return Verdict(False, title, (advice,))
        finally:
            self._news.put_nowait(None)
        return verdict_of(self._reader, self._relay, dialogue, self._filled.to)

    def _note(self, mark: str, said: str) -> None:
        line = TestLine(mark, said, f"{self._loop.time() - self._begun:.2f}")
        self.lines.append(line)
        self._news.put_nowait(line)

    async def frames(self, wrong: Verdict | None) -> AsyncIterator[bytes]:
        """The test as server-sent events, each with partials to swap in."""
        yield frame(self._piece("begun"), 0)
        if wrong is not None:
            yield frame(self._piece("ended", wrong), 0)
            return
        task = asyncio.create_task(self.run())
        try:
            while (line := await self._news.get()) is not None:
                yield frame(self._piece("said", line), 0)
            yield frame(self._piece("ended", await task), 0)
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def _piece(self, name: str, *values: object) -> Markup:
        return self._pages.macro(self._reader.language, name, "admin/dialogue")(*values)
