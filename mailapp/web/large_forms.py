"""Letters posted as forms with their files: how many of them one account may have on their way at once."""

from quart import Response, g, request

from mailapp.web import bodies
from mailapp.web.context import site
from mailapp.web.drafts import told, wants_json
from mailapp.web.errors import say
from mailapp.web.fragments import answer, is_fragment
from mailapp.web.reader import current_reader
from mailapp.web.toasts import Toast, toasted

LIMIT = 4
"""Large forms of one account at once: each takes memory and, with files, up to a message's size on the disk."""
TOO_MANY = 429


async def admit() -> Response | None:
    """Before a request's view, after its session is known: 429 where the account sends too many large forms already."""
    account = current_reader().account
    if account is None or not bodies.is_large_form(request):
        return None
    if site().large_forms[account.id] < LIMIT:
        site().large_forms[account.id] += 1
        g.large_form_of = account.id
        return None
    _ = current_reader().gettext
    text = _("{limit} large messages are on their way to the server already. Wait for one of them, then try again.")
    text = text.format(limit=LIMIT)
    if wants_json():
        return told({"error": text}, TOO_MANY)
    if is_fragment():
        return await answer(toasted(Toast(text)), TOO_MANY, {"HX-Reswap": "none"})
    return await say(TOO_MANY, text)


async def dismiss(_: BaseException | None) -> None:
    """When a request is over, however it ended."""
    account_id = g.pop("large_form_of", None)
    if account_id is None:
        return
    counts = site().large_forms
    counts[account_id] -= 1
    if counts[account_id] <= 0:
        del counts[account_id]
