"""Pages whose modules are loaded late are found, refused and broken exactly as the others are."""

import sys
from importlib import import_module

import pytest
from quart import Blueprint, Response

from mailapp import maillog
from mailapp.web.admin_access import ROOT
from mailapp.web.parts import Part
from tests.conftest import PASSWORD
from tests.web.conftest import ANN, SAME_ORIGIN, Mail


async def _admin(mail: Mail):  # type: ignore[no-untyped-def]
    client = await mail.client()
    await client.post("/admin/session", form={"password": PASSWORD, "next": "/admin"}, headers=SAME_ORIGIN)
    return client


async def test_every_route_of_a_part_lies_at_its_paths_and_none_of_the_others_does(mail: Mail) -> None:
    for part in mail.site.parts:
        rules = [rule.rule for rule in (await mail.site.load(part)).url_map.iter_rules()]
        assert rules
        assert all(part.has(rule) for rule in rules)
        others = [rule.rule for rule in mail.site.url_map.iter_rules() if part.has(rule.rule)]
        assert not set(others) & set(rules)


async def test_nobody_who_is_refused_makes_the_administration_load(mail: Mail) -> None:
    part = next(one for one in mail.site.parts if one.has(ROOT))
    stranger, member, admin = mail.site.test_client(), await mail.client(ANN), await mail.client()
    assert (await stranger.get("/admin/accounts")).status_code == 303
    assert (await stranger.get("/administration")).status_code == 404
    assert (await member.get("/admin/accounts")).status_code == 404
    assert (await admin.get("/admin/accounts")).status_code == 403  # asks for the password once more
    assert part.routes is None
    assert (await (await _admin(mail)).get("/admin/accounts")).status_code == 200
    assert part.routes is not None


async def test_what_a_part_does_not_have_is_told_as_elsewhere(mail: Mail) -> None:
    client = await _admin(mail)
    missing = await client.get("/admin/nothing")
    assert missing.status_code == 404
    assert "default-src" in missing.headers["Content-Security-Policy"]
    assert (await client.get("/admin/backup-plans")).status_code == 405
    assert (await client.get("/admin/accounts/007")).status_code == 404
    assert (await client.post("/admin/backup-plans", headers={"Origin": "https://evil.example"})).status_code == 403


async def test_an_error_in_a_late_page_is_ours_to_answer_and_to_log(
    mail: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    noun = type(sys)("late_noun")
    noun.blueprint = Blueprint("late", __name__)  # type: ignore[attr-defined]

    @noun.blueprint.get("/late/<id:number>")  # type: ignore[attr-defined,untyped-decorator]
    async def late(number: int) -> Response:
        raise ZeroDivisionError(number)

    module = type(sys)("late_part")
    module.NOUNS = (noun,)  # type: ignore[attr-defined]
    told: list[str] = []
    monkeypatch.setattr(maillog, "unforeseen", told.append)
    monkeypatch.setitem(sys.modules, "late_part", module)
    mail.site.parts = [Part("late_part", ("/late",))]
    answer = await mail.site.test_client().get("/late/7")
    assert answer.status_code == 500
    assert "ZeroDivisionError" not in await answer.get_data(as_text=True)
    assert told == ["GET /late/<id:number>"]


async def test_a_part_that_cannot_be_read_breaks_its_own_pages_only(mail: Mail) -> None:
    mail.site.parts = [Part("mailapp.web.there_is_none", ("/late",))]
    client = await mail.client()
    assert (await client.get("/late")).status_code == 500
    assert (await client.get("/mail/inbox")).status_code == 200
    with pytest.raises(ModuleNotFoundError):
        import_module("mailapp.web.there_is_none")
