"""GET /Mail?token=&mail=: the newest verification mail of a recipient as its body, where the original had it.

Its answers are those of the original: 401, 400 and 404 as JSON, otherwise the letter, as HTML or as text.
"""

import asyncio
import sqlite3

from quart import Blueprint, Response, jsonify, request

from mailapp.mail.address import fold
from mailapp.mail.addressees import Reach
from mailapp.mail.message import Message
from mailapp.mail.parser import parse
from mailapp.mail.sanitize import Sanitized, sanitize
from mailapp.store import codes, reach, tokens
from mailapp.store.contents import StoredContent
from mailapp.store.messages import StoredMessage
from mailapp.web.context import context
from mailapp.web.headers import frame_policy
from mailapp.web.letters import LARGE

blueprint = Blueprint("verification", __name__)
LOOKED_AT = 50
"""Messages for the recipient that are looked through, the newest."""
SUBJECTS = (
    "verify your email address",
    "验证您的电子邮件地址",
    "e メールアドレスを検証してください",
    "verification code",
)
"""What the original went by: a subject that begins so counts even where no code is found."""


@blueprint.get("/Mail")
async def newest() -> Response:
    token, address = request.args.get("token", ""), request.args.get("mail", "").strip()
    held = context().tokens
    holder = await held.holder(token)
    if holder is None or not holder.may(tokens.CODES):
        return _told(401, "Invalid token")
    allowance = held.spend(holder)
    if allowance.refused:
        return _told(429, "Too many requests", {"Retry-After": str(allowance.reset_s)})
    await held.note_use(holder)
    if not address:
        return _told(400, "mail parameter is missing")
    asked = Reach(holder.token.addresses, fold(address[:320]))
    found = await context().database.apart(_newest, holder.account.id, asked)
    if found is None:
        return _told(404, "Verification email not found")
    return await _letter(found)


def _newest(db: sqlite3.Connection, account_id: int, asked: Reach) -> Message | None:
    page = reach.page(db, account_id, asked, None, limit=LOOKED_AT, received=True)
    offered = codes.of_messages(db, account_id, [each.row.id for each in page.messages]) if page.messages else {}
    found = next((each for each in page.messages if each.row.id in offered or _is_named(each)), None)
    return None if found is None else parse(StoredContent(db, found.content_id))


def _is_named(stored: StoredMessage) -> bool:
    return stored.row.subject.lower().strip().startswith(SUBJECTS)


async def _letter(message: Message) -> Response:
    """The letter as the mail frame shows it: sanitised, nothing remote, no pictures of ours (they need a session)."""
    response = None
    if message.html:
        small = len(message.html) < LARGE
        safe = _safe(message.html) if small else await asyncio.to_thread(_safe, message.html)
        if not safe.refused:
            response = Response(safe.html, 200, content_type="text/html; charset=utf-8")
    if response is None:
        response = Response(message.text, 200, content_type="text/plain; charset=utf-8")
    response.headers["Content-Security-Policy"] = frame_policy(remote=False)
    return _sealed(response)


def _safe(html: str) -> Sanitized:
    return sanitize(html, lambda _cid: None, remote=False)


def _told(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    response = jsonify({"error": text})
    response.status_code = status
    response.headers.update(headers or {})
    return _sealed(response)


def _sealed(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
