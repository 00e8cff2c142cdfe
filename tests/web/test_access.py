"""Who may see what: every route with another account's ids, without a session, from another site."""

from collections.abc import AsyncIterator

import pytest
from werkzeug.routing import Rule

from mailapp.flow import saving_searches
from mailapp.flow.filing import Act
from mailapp.flow.folders import Folders
from mailapp.flow.selections import Everything
from mailapp.mail.draft import Draft
from mailapp.mail.transaction import Transaction
from mailapp.store import accounts, drafts, queue, receiving_log
from mailapp.store.messages import View
from mailapp.web.parts import PartedSite
from tests.web.conftest import ANN, FRAGMENT, LIN, SAME_ORIGIN, Mail, letter

HTML = '<p>Hi</p><img src="cid:logo">'
NAMING = {
    "/deletions", "/image-consents", "/moves", "/flags", "/labelings", "/choices", "/folder-removals",
    "/label-removals",
}  # fmt: skip
"""Where forms name what they are about."""
OPEN_TO_ALL = {
    "/static/<path:name>", "/login", "/logout", "/setup", "/healthz", "/", "/relay-events/<id:relay_id>", "/sw.js",
    "/metrics", "/offline", "/Mail", "/api/docs", "/join", "/logo",
}  # fmt: skip


STREAMS = ("/events", "/receiving/test/events")
"""They do not end."""
SESSIONLESS = "/v/"
"""Below it a token decides, not a session: tests/web/test_views.py."""


async def _rules(site: PartedSite) -> list[Rule]:
    found = [rule for rule in await site.rules() if rule.rule not in OPEN_TO_ALL]
    return [rule for rule in found if not rule.rule.startswith(SESSIONLESS)]


async def _belongings(mail: Mail) -> dict[str, int]:
    """Ids of what lin has: a message with a file, a draft with a picture, a message on its way."""
    message = letter("Top secret", "very secret words", html=HTML)
    message.add_attachment("secret file", filename="a.txt")
    message["List-Unsubscribe"] = "<mailto:leave-secret@sanlian.example>"

    async def bytes_() -> AsyncIterator[bytes]:
        yield b"secret picture"

    drafting, draft = mail.context.drafting, Draft(from_=LIN, to="secret@b.example", subject="secret", text="secret")
    saved = await drafting.save(mail.lin, "k1", draft, None)
    attached = await drafting.attach(mail.lin, saved.draft_id, "secret.png", "image/png", bytes_())
    going = await drafting.save(mail.lin, "k2", draft, None)
    account = await mail.context.database.read(accounts.get, mail.lin)
    assert account is not None
    sent = await mail.context.submission.submit(account, going.draft_id)
    folders = Folders(mail.context.filing)
    coming = Transaction("192.0.2.1", 1.0, "secret.example")
    coming.ask(LIN, "550 5.1.1 secret", 2.0)
    mail.context.receiving.ended(coming)
    await mail.context.receiving.write()
    return {
        "told_id": await mail.context.database.read(receiving_log.latest),
        "mailbox_id": await folders.add(mail.lin, "secret folder"),
        "account_id": mail.lin,
        "label_id": await folders.add_label(mail.lin, "secret label"),
        "work_id": (await mail.context.filing.act(mail.lin, Act("seen"), Everything(View(mail.lin)))).work.id,  # type: ignore[union-attr]
        "message_id": await mail.deliver(message),
        "draft_id": saved.draft_id,
        "attachment_id": attached.id,
        "item_id": sent.item_id,
        "sent_id": sent.message_id,
        "search_id": await saving_searches.save(mail.context.database, mail.lin, "secret", "secret"),
    }


def _path(rule: Rule, ids: dict[str, int]) -> str:
    values = {"number": 1, "name": "a.txt", "key": "inbox", "relay_id": 1, **ids}
    if rule.rule.endswith("/delivery"):
        values["message_id"] = ids["sent_id"]
    path = rule.rule
    for name in rule.arguments:
        path = path.replace(next(each for each in path.split("/") if f"{name}>" in each), str(values[name]))
    return path


async def test_no_route_gives_another_account_anything(mail: Mail) -> None:
    ids = await _belongings(mail)
    message_id = ids["message_id"]
    before = await mail.row(message_id)
    client = await mail.client(ANN)
    tried = 0
    for rule in await _rules(mail.site):
        path = _path(rule, ids)
        if path in STREAMS:
            continue
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            for headers in (SAME_ORIGIN, {**SAME_ORIGIN, **FRAGMENT}):
                form = {"message": str(message_id), "seen": "1", "flagged": "1", "undo": "1", "remember": "1"}
                form |= {
                    "item": str(ids["item_id"]),
                    "draft": str(ids["draft_id"]),
                    "attachment": str(ids["attachment_id"]),
                }
                form |= {"to": "trash", "choice": "move", "folder": str(ids["mailbox_id"]), "sure": "1", "name": "x"}
                form |= {"label": str(ids["label_id"]), "add": str(ids["label_id"])}
                response = await client.open(
                    path, method=method, headers=headers, form=form if method == "POST" else None
                )
                body = await response.get_data(as_text=True)
                assert "secret" not in body, path
                foreign = {"message_id", "mailbox_id", "label_id", "work_id"} & rule.arguments
                if foreign or (method == "POST" and path in NAMING):
                    assert response.status_code == 404, (method, path)
                tried += 1
    assert tried > 20
    assert await mail.row(message_id) == before
    held = await mail.context.database.read(drafts.get, mail.lin, ids["draft_id"])
    assert held is not None
    assert (held.draft.text, len(held.attachments)) == ("secret", 1)
    item = await mail.context.database.read(queue.get, mail.lin, ids["item_id"])
    assert item is not None
    assert item.state == "waiting"


async def test_another_accounts_undo_is_too_late(mail: Mail) -> None:
    message_id = await mail.deliver(letter())
    filed = await mail.context.filing.delete(mail.lin, [message_id])
    client = await mail.client(ANN)
    await client.post("/undos", form={"undo": str(filed.undo_id)}, headers=SAME_ORIGIN)
    row, inbox = await mail.row(message_id), await mail.deliver(letter())
    assert row is not None
    assert row.mailbox_id != (await mail.row(inbox)).mailbox_id  # type: ignore[union-attr]


async def test_without_a_session_pages_lead_to_login_and_fragments_are_told(mail: Mail) -> None:
    ids = await _belongings(mail)
    client = mail.site.test_client()
    for rule in await _rules(mail.site):
        path = _path(rule, ids)
        method = "GET" if "GET" in (rule.methods or ()) else "POST"
        if path not in STREAMS:
            page = await client.open(path, method=method)
            assert page.status_code == 303, path
            assert page.headers["Location"].startswith("/login"), path
        fragment = await client.open(
            path,
            method=method,
            headers={**FRAGMENT, "Host": "localhost", "HX-Current-URL": "http://localhost/mail/trash"},
        )
        assert fragment.status_code == 401, path
        assert fragment.headers["HX-Redirect"] == "/login?next=/mail/trash", path
        assert await fragment.get_data() == b""


@pytest.mark.parametrize("bad", ["0", "-1", "abc", "1.5", "00012", "9" * 30, "1%00", "%2e%2e"])
async def test_nonsense_ids_are_404(mail: Mail, bad: str) -> None:
    client = await mail.client()
    for path in ("", "/body", "/source", "/attachments/1/x"):
        assert (await client.get(f"/messages/{bad}{path}")).status_code == 404
    for path, field in (("/deletions", "message"), ("/undos", "undo"), ("/image-consents", "message")):
        if (bad.isdigit() and int(bad)) or "%" in bad:
            continue
        assert (await client.post(path, form={field: bad}, headers=SAME_ORIGIN)).status_code == 404


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"}, False),
        ({"Origin": "http://localhost"}, True),
        ({"Origin": "http://localhost:80"}, True),
        ({"Origin": "http://localhost.evil.example"}, False),
        ({"Origin": "http://evil.example", "Referer": "http://localhost/"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "http://localhost:99999x"}, False),
        ({"Referer": "http://localhost/mail/inbox"}, True),
        ({"Referer": "http://evil.example/"}, False),
        ({}, False),
    ],
)
async def test_only_our_own_pages_change_anything(mail: Mail, headers: dict[str, str], allowed: bool) -> None:
    message_id = await mail.deliver(letter())
    client = await mail.client()
    response = await client.post(f"/messages/{message_id}/flags", form={"flagged": "1"}, headers=headers)
    assert (response.status_code != 403) is allowed
    row = await mail.row(message_id)
    assert row is not None
    assert bool(row.flagged) is allowed


async def test_a_script_without_a_session_may_log_in(mail: Mail) -> None:
    response = await mail.site.test_client().post("/login", form={"address": LIN, "password": "wrong password"})
    assert response.status_code == 401


async def test_every_answer_carries_its_security_fields(mail: Mail) -> None:
    ids = await _belongings(mail)
    client = await mail.client()
    for rule in await _rules(mail.site):
        path = _path(rule, ids)
        if path in STREAMS or "GET" not in (rule.methods or ()):
            continue
        response = await client.get(path)
        # the admin pages ask for the password once more
        assert response.status_code < 400 or (path.startswith("/admin") and response.status_code == 403), path
        policy = response.headers["Content-Security-Policy"]
        page = response.mimetype == "text/html"
        assert ("script-src 'self'" in policy if page else "default-src 'none'" in policy) or "sandbox" in policy, path
        assert "unsafe-eval" not in policy
        assert "frame-ancestors" in policy
        assert "no-store" in response.headers["Cache-Control"], path
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == ("same-origin" if page else "no-referrer"), path
        assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert not page or response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert not page or "Permissions-Policy" in response.headers
