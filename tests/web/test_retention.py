"""Retention in the browser: an account's own rules, those of the administrator, and when trash and junk go."""

import re

import pytest
from quart import Response
from quart.testing import QuartClient

from mailapp.flow import emptying
from mailapp.store import audit, mailboxes, retention
from mailapp.store.retention import Limits
from tests.web.admins import english_admin
from tests.web.conftest import ANN, FRAGMENT, LIN, SAME_ORIGIN, Mail


async def _html(response: Response) -> str:
    return str(await response.get_data(as_text=True))


async def _post(client: QuartClient, path: str, **form: str) -> Response:
    response: Response = await client.post(path, form=form, headers=SAME_ORIGIN)
    return response


async def _folder(mail: Mail, account_id: int, role: str = "inbox") -> str:
    return str(await mail.context.database.read(mailboxes.by_role, account_id, role))


async def _ann(mail: Mail) -> QuartClient:
    client = await mail.client(ANN)
    client.set_cookie("localhost", "language", "en")
    return client


async def test_a_preview_tells_before_a_rule_is_saved(mail: Mail) -> None:
    for _ in range(3):
        await mail.deliver(b"Subject: x\r\n\r\n" + b"x" * 1_000, ANN)
    client, inbox = await _ann(mail), await _folder(mail, mail.ann)
    html = await _html(await client.get(f"/retention?folder={inbox}&count=1&days="))
    assert re.search(r"2 messages would go: the oldest of \w+ \d+, 2 KB in all\.", html)
    assert await mail.context.database.read(retention.of_account, mail.ann) == []
    html = await _html(await _post(client, "/retention-rules", folder=inbox, count="１，０００", days="90"))
    assert "Saved." in html
    assert "keeps the newest 1,000 messages, 90 days" in html
    (rule,) = await mail.context.database.read(retention.of_account, mail.ann)
    assert (rule.limits, rule.by_admin) == (Limits(1_000, 90), False)
    assert "No rules" in await _html(await _post(client, "/retention-rule-removals", rule=str(rule.id)))


async def test_a_preview_is_a_fragment_of_the_same_address(mail: Mail) -> None:
    client, inbox = await _ann(mail), await _folder(mail, mail.ann)
    html = await _html(await client.get(f"/retention?folder={inbox}&days=30", headers=FRAGMENT))
    assert html.startswith('<div id="retention"')
    assert "Nothing would go now." in html


@pytest.mark.parametrize(
    ("count", "days", "field"),
    [("", "", "count"), ("many", "", "count"), ("-1", "", "count"), ("", "99999", "days"), ("9999999", "", "count")],
)
async def test_what_is_no_limit_is_refused_beside_its_field(mail: Mail, count: str, days: str, field: str) -> None:
    client, inbox = await _ann(mail), await _folder(mail, mail.ann)
    response = await _post(client, "/retention-rules", folder=inbox, count=count, days=days)
    assert response.status_code == 422
    assert f'id="rule-{field}-error"' in await _html(response)


async def test_nobody_makes_a_rule_for_a_strangers_folder_or_a_hidden_one(mail: Mail) -> None:
    client = await _ann(mail)
    for folder in (await _folder(mail, mail.lin), await _folder(mail, mail.ann, "trash"), "inbox", "0", "x", ""):
        assert (await _post(client, "/retention-rules", folder=folder, days="1")).status_code == 404
        assert (await client.get(f"/retention?folder={folder}&days=1")).status_code == 404
    assert await mail.context.database.read(retention.page, 9) == []


async def test_the_administrators_rule_is_seen_and_stays(mail: Mail) -> None:
    boss, ann = await english_admin(mail), await _ann(mail)
    inbox = await _folder(mail, mail.ann)
    html = await _html(await _post(boss, "/admin/retention-rules", account=str(mail.ann), folder=inbox, days="30"))
    assert "Saved." in html
    (rule,) = await mail.context.database.read(retention.of_account, mail.ann)
    html = await _html(await ann.get("/retention"))
    assert "by the administrator" in html
    assert 'name="rule"' not in html
    assert (await _post(ann, "/retention-rule-removals", rule=str(rule.id))).status_code == 404
    assert ANN in await _html(await boss.get("/admin/retention"))
    assert "No rules" in await _html(await _post(boss, "/admin/retention-rule-removals", rule=str(rule.id)))


async def test_a_rule_for_every_account_counts_in_each(mail: Mail) -> None:
    boss = await english_admin(mail)
    for address in (LIN, ANN, ANN):
        await mail.deliver(b"Subject: x\r\n\r\nx", address)
    html = await _html(await boss.get("/admin/retention?folder=inbox&count=1"))
    assert "1 message would go" in html
    html = await _html(await _post(boss, "/admin/retention-rules", account="", folder="inbox", count="1"))
    assert "Every account" in html
    assert (await _post(boss, "/admin/retention-rules", account="", folder="trash", count="1")).status_code == 404


async def test_trash_and_junk_days_are_set_for_all(mail: Mail) -> None:
    boss = await english_admin(mail)
    html = await _html(await boss.get("/admin/retention"))
    assert re.search(r'id="trash"[^>]*value="30"', html)
    await _post(boss, "/admin/emptying-days", trash="7", junk="0")
    assert await mail.context.database.read(emptying.all_days) == {"trash": 7, "junk": 0}
    await mail.context.filing.delete(mail.lin, [await mail.deliver(b"Subject: x\r\n\r\nx")])
    assert " 7 " in await _html(await boss.get("/mail/trash"))
    for wrong in ("", "-1", "x", "99999"):
        response = await _post(boss, "/admin/emptying-days", trash="7", junk=wrong)
        assert response.status_code == 422
        assert 'id="junk-error"' in await _html(response)


async def test_no_rules_of_accounts_there_are_not(mail: Mail) -> None:
    boss = await english_admin(mail)
    assert (await boss.get("/admin/retention?account=999")).status_code == 404
    assert (await _post(boss, "/admin/retention-rules", account="999", folder="1", days="1")).status_code == 404
    assert (await _post(boss, "/admin/retention-rule-removals", rule="999")).status_code == 404


async def test_who_changed_what_is_kept_stands_in_the_audit_log(mail: Mail) -> None:
    boss, ann = await english_admin(mail), await _ann(mail)
    inbox = await _folder(mail, mail.ann)
    await _post(ann, "/retention-rules", folder=inbox, count="10")
    await _post(ann, "/retention-rules", folder=inbox, days="30")
    (rule,) = await mail.context.database.read(retention.of_account, mail.ann)
    await _post(ann, "/retention-rule-removals", rule=str(rule.id))
    await _post(boss, "/admin/retention-rules", account="", folder="inbox", count="5", days="9")
    await _post(boss, "/admin/emptying-days", trash="7", junk="30")
    await _post(boss, "/admin/account-quotas", account=str(mail.ann), quota="2 GB")
    found = await mail.context.database.read(audit.page, 0, 6)
    assert [(each.who, each.what, each.about, each.from_, each.to) for each in reversed(found)] == [
        (ANN, "retention.rule", f"{ANN} / inbox", "", "10 messages"),
        (ANN, "retention.rule", f"{ANN} / inbox", "10 messages", "30 days"),
        (ANN, "retention.removed", f"{ANN} / inbox", "30 days", ""),
        (LIN, "retention.rule", "* / inbox", "", "5 messages, 9 days"),
        (LIN, "setting.changed", "emptying", "trash: 30", "trash: 7"),
        (LIN, "account.quota", ANN, "", "2 GB"),
    ]
    assert "Clean-up rule saved" in await _html(await boss.get("/admin/audit"))


async def test_a_folder_says_what_its_rules_together_keep_of_it(mail: Mail) -> None:
    await mail.deliver(b"Subject: x\r\n\r\nx", ANN)
    boss, ann = await english_admin(mail), await _ann(mail)
    assert "Kept here" not in await _html(await ann.get("/mail/inbox"))
    await _post(boss, "/admin/retention-rules", account="", folder="inbox", days="365")
    await _post(ann, "/retention-rules", folder=await _folder(mail, mail.ann), count="1,000", days="400")
    assert "Kept here: the newest 1,000 messages, 365 days." in await _html(await ann.get("/mail/inbox"))
    assert "Kept here" not in await _html(await ann.get("/mail/inbox?q=x"))
    assert "Kept here" not in await _html(await ann.get("/mail/all"))
