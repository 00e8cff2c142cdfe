"""What the stream pushes of codes: the strip, the open message's card, the wall, the news of one that just came."""

from markupsafe import Markup

from mailapp.store import changes
from mailapp.web.code_views import card_of, strip_of
from mailapp.web.feed import Batch
from mailapp.web.folders import Folder
from mailapp.web.pages import Pages
from mailapp.web.rows import Moment

WALL = "codes"
"""Key of the wall, beside those of lists."""
NEWS_S = 60.0
"""Seconds after its arrival a code is news: who comes back later finds it, and nothing rings."""
CARDS = 30
"""Cards one push brings to a wall."""


def code_frames(pages: Pages, moment: Moment, batch: Batch, folder: Folder, key: str) -> Markup:
    """Partials for everything that shows the codes of a batch, beside its rows."""
    language, html = moment.reader.language, Markup("")
    if batch.newest_codes is not None:
        card = strip_of(moment, batch.newest_codes, folder.path)
        html += pages.macro(language, "strip", "live/code")(folder.path, card)
    touched = {each.message_id for each in batch.changed or () if each.kind == changes.CODE}
    shown = pages.macro(language, "card", "live/code")
    for message_id in sorted(touched, reverse=True)[:CARDS]:
        code = batch.codes.get(message_id)
        html += shown(message_id, card_of(moment, code, folder.path) if code else None)
    if key == WALL:
        html += _wall(pages, moment, batch)
    return html + _news(pages, moment, batch)


def _wall(pages: Pages, moment: Moment, batch: Batch) -> Markup:
    hidden = {each.id for each in batch.mailboxes if each.role in ("trash", "junk")}
    held = [each for each in batch.codes.values() if each.mailbox_id not in hidden]
    there = sorted(held, key=lambda each: each.message_id)[-CARDS:]
    html = Markup("")
    if there:
        html += pages.macro(moment.reader.language, "wall", "live/code")([card_of(moment, each) for each in there])
    gone = [each for each in batch.message_ids if each not in {one.message_id for one in held}]
    moved = {each.message_id for each in batch.changed or () if each.kind != changes.DELIVERED}
    gone = [each for each in gone if each in moved]
    return html + pages.macro(moment.reader.language, "gone", "live/code")(gone) if gone else html


def _news(pages: Pages, moment: Moment, batch: Batch) -> Markup:
    arrived = {each.message_id for each in batch.changed or () if each.kind == changes.DELIVERED}
    fresh = [
        each
        for each in batch.newest_codes or ()
        if each.message_id in arrived and each.used_at is None and moment.now - each.received_ms / 1000 < NEWS_S
    ]
    return pages.macro(moment.reader.language, "news", "live/code")(card_of(moment, fresh[0])) if fresh else Markup("")
