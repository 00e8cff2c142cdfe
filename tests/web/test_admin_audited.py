"""Whatever an administrator does is in the audit log: every route that changes something, by the route table."""

import io
from collections.abc import Mapping
from contextlib import suppress

from quart.datastructures import FileStorage
from quart.testing import QuartClient

from mailapp.flow.addressing import AddressRefused
from mailapp.mail.draft import Draft
from mailapp.mail.transaction import Transaction
from mailapp.store import accounts, audit
from mailapp.web.parts import PartedSite
from tests.conftest import DOMAIN
from tests.mail.test_pictures import PNG
from tests.web.admins import FORM, SECRET, admin, given_relay
from tests.web.conftest import ANN, LIN, SAME_ORIGIN, Mail, letter

NEW = "another sentence to remember"
SHOP = f"shop@{DOMAIN}"
EXEMPT = {
    "/admin/session": "the second step itself, which changes nothing; failed ones count against the login limit",
    "/admin/relay-tests": "sends the admin's own test mail and changes nothing",
    "/admin/check-runs": "looks, and changes nothing",
}
"""Unsafe routes that leave no entry, and why."""
ACTS: Mapping[str, tuple[Mapping[str, str], str]] = {
    "/admin/accounts": ({"address": f"bo@{DOMAIN}", "how": "link"}, "account.added"),
    "/admin/account-passwords": ({"account": "{ann}", "how": "password", "password": NEW}, "account.password"),
    "/admin/account-states": ({"account": "{ann}", "active": "0"}, "account.state"),
    "/admin/account-roles": ({"account": "{ann}", "admin": "1"}, "account.role"),
    "/admin/account-quotas": ({"account": "{ann}", "quota": "1 GB"}, "account.quota"),
    "/admin/account-alias-limits": ({"account": "{ann}", "most": "7"}, "account.alias_limit"),
    "/admin/account-session-ends": ({"account": "{ann}"}, "account.sessions_ended"),
    "/admin/account-token-ends": ({"account": "{ann}"}, "account.tokens_revoked"),
    "/admin/account-deletions": ({"account": "{ann}", "mail": "erase", "confirm": ANN}, "account.erased"),
    "/admin/account-exports": ({"account": "{ann}", "format": "mbox"}, "account.exported"),
    "/admin/addresses": ({"local": "new", "domain": DOMAIN, "targets": LIN}, "address.added"),
    "/admin/address-states": ({"address": SHOP, "state": "muted"}, "address.state"),
    "/admin/address-targets": ({"address": SHOP, "targets": ANN}, "address.targets"),
    "/admin/address-deletions": ({"address": SHOP}, "address.removed"),
    "/admin/refused-addresses": ({"address": f"asked@{DOMAIN}", "target": LIN}, "address.added"),
    "/admin/refused-address-dismissals": ({"address": f"other@{DOMAIN}"}, "address.dismissed"),
    "/admin/backups": ({}, "backup.made"),
    "/admin/backup-plans": ({"hour": "5", "keep": "3", "recipients": ""}, "setting.changed"),
    "/admin/backup-deletions": ({"backup": "{backup}", "sure": "1"}, "backup.removed"),
    "/admin/check-settings": ({"dns_servers": "192.0.2.53", "blocklists": "", "time_server": ""}, "setting.changed"),
    "/admin/domain-records": ({"domain": DOMAIN, "records": "em.x CNAME y."}, "domain.relay_records"),
    "/admin/domains": ({"domain": "new.example"}, "domain.added"),
    "/admin/domain-catch-alls": ({"domain": DOMAIN, "account": ANN}, "domain.catch_all"),
    "/admin/domain-deletions": ({"domain": "old.example"}, "domain.removed"),
    "/admin/mail-permission": ({"allowed": "1"}, "mail.allowed"),
    "/admin/mail-deletions": ({"message": "{message}"}, "mail.deleted"),
    "/admin/mail-undos": ({"undo": "{undo}"}, "mail.restored"),
    "/admin/metrics-tokens": ({}, "token.added"),
    "/admin/relays": ({**FORM, "name": "Second"}, "relay.added"),
    "/admin/relays/<id:relay_id>": ({**FORM, "secret": "", "daily_limit": "7"}, "relay.changed"),
    "/admin/relay-moves": ({"relay": "{relay}", "direction": "down"}, "relay.moved"),
    "/admin/relay-deletions": ({"relay": "{relay}"}, "relay.removed"),
    "/admin/retention-rules": ({"account": "", "folder": "inbox", "count": "9", "days": ""}, "retention.rule"),
    "/admin/retention-rule-removals": ({"rule": "{rule}"}, "retention.removed"),
    "/admin/emptying-days": ({"trash": "3", "junk": "4"}, "setting.changed"),
    "/admin/settings": ({"group": "look", "site_title": "x", "default_language": ""}, "setting.changed"),
    "/admin/site-logos": ({"logo": "file"}, "setting.changed"),
}
"""By route: what is posted, and the entry it leaves."""


def _picture() -> FileStorage:
    return FileStorage(io.BytesIO(PNG), filename="logo.png", content_type="image/png")


async def _unsafe(site: PartedSite) -> list[str]:
    return sorted(
        rule.rule
        for rule in await site.rules()
        if rule.rule.startswith("/admin") and (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}
    )


async def _entries(mail: Mail) -> list[audit.Entry]:
    return await mail.context.database.read(audit.page, 0, 5)


async def _prepared(mail: Mail, client: QuartClient, route: str) -> dict[str, int | str]:
    """What the act is about, made first; the values the forms name."""
    context = mail.context
    values: dict[str, int | str] = {"ann": mail.ann, "relay": 0, "relay_id": 0}
    if route.startswith("/admin/relay"):
        values["relay"] = values["relay_id"] = await given_relay(client, name=f"{route} 1")
        await given_relay(client, name=f"{route} 2")
    elif route.startswith("/admin/address-"):
        with suppress(AddressRefused):
            await context.addressing.add(SHOP, [LIN])
    elif route.startswith("/admin/refused-"):
        await context.addressing.set_catch_all(DOMAIN, "")
        asked = Transaction("203.0.113.1", 1.0)
        asked.ask(
            f"{'asked' if route.endswith('addresses') else 'other'}@{DOMAIN}", "550 5.1.1 No such address here", 2.0
        )
        context.receiving.ended(asked)
        await context.receiving.write()
    elif route == "/admin/domain-deletions":
        await context.addressing.add_domain("old.example")
    elif route == "/admin/backup-deletions":
        values["backup"] = context.backups.held()[0].name
    elif route == "/admin/retention-rule-removals":
        form = {"account": "", "folder": "inbox", "count": "9", "days": ""}
        await client.post("/admin/retention-rules", form=form, headers=SAME_ORIGIN)
        values["rule"] = 1
    elif route in ("/admin/mail-deletions", "/admin/mail-undos"):
        values["message"] = await mail.deliver(letter(), ANN)
        await client.post("/admin/mail-permission", form={"allowed": "1"}, headers=SAME_ORIGIN)
        if route == "/admin/mail-undos":
            form = {"message": str(values["message"])}
            done = await client.post("/admin/mail-deletions", form=form, headers=SAME_ORIGIN)
            values["undo"] = done.headers["Location"].rpartition("undo=")[2]
    return values


async def test_no_route_is_forgotten(mail: Mail) -> None:
    assert await _unsafe(mail.site) == sorted({*ACTS, *EXEMPT})


async def test_each_act_leaves_one_entry_with_who_and_what_and_no_secret(mail: Mail) -> None:
    client = await admin(mail)
    for route in sorted(ACTS, key=lambda each: each == "/admin/account-deletions"):  # the account is needed until then
        values = await _prepared(mail, client, route)
        before = {each.id for each in await _entries(mail)}
        form, what = ACTS[route]
        filled = {name: value.format(**values) if value.startswith("{") else value for name, value in form.items()}
        path = route.replace("<id:relay_id>", str(values["relay_id"]))
        if route == "/admin/site-logos":
            response = await client.post(path, files={"logo": _picture()}, headers=SAME_ORIGIN)
        else:
            response = await client.post(path, form=filled, headers=SAME_ORIGIN)
        body = await response.get_data(as_text=True)
        assert response.status_code in (200, 303), (route, body)
        await mail.context.backups.ended()
        new = [each for each in await _entries(mail) if each.id not in before]
        assert [(each.who, each.what) for each in new] == [(LIN, what)], route
        assert SECRET not in repr(new)
        assert NEW not in repr(new)


async def test_what_an_admin_does_to_mail_on_its_way_is_written_down_and_what_its_writer_does_is_not(
    mail: Mail,
) -> None:
    saved = await mail.context.drafting.save(mail.ann, "k", Draft(to="a@b.example", subject="private"), None)
    account = await mail.context.database.read(accounts.get, mail.ann)
    assert account is not None
    item = await mail.context.submission.submit(account, saved.draft_id)
    ann, client = await mail.client(ANN), await admin(mail)
    for path in ("/queue-holds", "/queue-releases"):
        assert (await ann.post(path, form={"item": str(item.item_id)}, headers=SAME_ORIGIN)).status_code == 303
    assert await _entries(mail) == []
    for path in ("/queue-holds", "/queue-releases", "/queue-retries", "/queue-cancellations"):
        form = {"item": str(item.item_id), "all": "1"}
        assert (await client.post(path, form=form, headers=SAME_ORIGIN)).status_code == 303
    entries = (await _entries(mail))[::-1]
    assert [each.what for each in entries] == ["queue.held", "queue.released", "queue.retried", "queue.cancelled"]
    assert {(each.who, each.about) for each in entries} == {(LIN, ANN)}
    assert "private" not in repr(entries)


async def test_who_takes_a_backup_away_is_written_down(mail: Mail) -> None:
    client = await admin(mail)
    held = await mail.context.backups.make(LIN)
    response = await client.get(f"/admin/backups/{held.name}")
    await response.get_data(as_text=False)
    newest = (await _entries(mail))[0]
    assert (newest.who, newest.what, newest.about) == (LIN, "backup.taken", held.name)
