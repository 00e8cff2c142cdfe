"""Backups in the browser: made, told how far they are, taken away, removed; and what is refused."""

import re

import pytest
from quart.testing import QuartClient

from mailapp.flow import backing_up
from mailapp.flow.backing_up import Stage
from mailapp.store import audit, settings
from tests.web.admins import english_admin
from tests.web.conftest import FRAGMENT, LIN, SAME_ORIGIN, Mail


async def _post(client: QuartClient, path: str, status: int = 200, **form: str) -> str:
    response = await client.post(path, form=form, headers=SAME_ORIGIN)
    html = str(await response.get_data(as_text=True))
    assert response.status_code == status, html
    return html


async def _html(client: QuartClient) -> str:
    response = await client.get("/admin/backups")
    assert response.status_code == 200
    return str(await response.get_data(as_text=True))


async def test_a_backup_is_made_taken_away_and_removed(mail: Mail) -> None:
    await mail.deliver(b"Subject: x\r\n\r\nx")
    client = await english_admin(mail)
    assert "There has been none yet." in await _html(client)
    assert "Copying the database" in await _post(client, "/admin/backups")
    await mail.context.backups.ended()
    html = await _html(client)
    found = re.search(r'href="(/admin/backups/(mailapp-[^"]+\.tar\.zst))"', html)
    assert found is not None
    assert "Last one:" in html
    response = await client.get(found[1])
    data = await response.get_data(as_text=False)
    path = mail.context.backups.path(found[2])
    assert path is not None
    assert data == path.read_bytes()
    assert response.headers["Content-Disposition"].startswith(f'attachment; filename="{found[2]}"')
    asked = await _post(client, "/admin/backup-deletions", backup=found[2])
    assert "Delete this backup for good?" in asked
    assert path.is_file()
    assert found[2] not in await _post(client, "/admin/backup-deletions", backup=found[2], sure="1")
    await _post(client, "/admin/backup-deletions", 404, backup=found[2])
    await _post(client, "/admin/backup-deletions", 404, backup=found[2], sure="1")
    await _post(client, "/admin/backup-deletions", 404, backup="../emails.db")
    for name in ("lock", "..%2Femails.db", "mailapp-2026-01-01T000000Z.tar.zst"):
        assert (await client.get(f"/admin/backups/{name}")).status_code == 404
    acts = [each.what for each in await mail.context.database.read(audit.page, 0, 5)]
    assert acts == ["backup.removed", "backup.taken", "backup.made"]


async def test_the_page_tells_how_far_it_is_and_looks_again(mail: Mail) -> None:
    client = await english_admin(mail)
    mail.context.backups.stage = Stage("pack", 42)
    response = await client.get("/admin/backups", headers=FRAGMENT)
    piece = str(await response.get_data(as_text=True))
    assert piece.startswith('<div id="backups" hx-get="/admin/backups" hx-trigger="every 1s"')
    assert 'value="42"' in piece
    mail.context.backups.stage = None
    assert "every 1s" not in await _html(client)


async def test_the_plan_is_changed_and_written_down(mail: Mail) -> None:
    client = await english_admin(mail)
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ7LmHf8QGDuLg9l7mS7mUJHHkRmnfj1KD3cwVZ2q3Zx me"
    assert "Saved." in await _post(client, "/admin/backup-plans", hour="", keep="30", recipients=key)
    plan = await mail.context.database.read(backing_up.plan_of)
    assert (plan.hour, plan.keep, plan.recipients) == (None, 30, (key,))
    entry = (await mail.context.database.read(audit.page, 0, 1))[0]
    assert (entry.who, entry.what) == (LIN, "setting.changed")
    assert "backup_keep: 30" in entry.to


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"hour": "3", "keep": "0", "recipients": ""}, "A number from 1 to 365."),
        ({"hour": "3", "keep": "7", "recipients": "age1 <b>"}, "“age1 &lt;b&gt;” is not a public key"),
    ],
)
async def test_a_plan_that_cannot_be_is_shown_again(mail: Mail, form: dict[str, str], says: str) -> None:
    client = await english_admin(mail)
    assert says in await _post(client, "/admin/backup-plans", 422, **form)
    assert await mail.context.database.read(audit.page, 0, 1) == []


@pytest.mark.parametrize(
    ("failed", "says"),
    [
        ("room: 3000000", "the disk lacks 3.0"),
        ("disk: Read-only file system", "The last backup failed: Read-only file system."),
        ("running", "another one was being made"),
    ],
)
async def test_why_there_was_none_is_said(mail: Mail, failed: str, says: str) -> None:
    client = await english_admin(mail)
    await mail.context.database.write(settings.set_, backing_up.FAILED, failed)
    assert says in await _html(client)
