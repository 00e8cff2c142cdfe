"""The page of the checks: what was found, looked at again while one watches, domain by domain, and its settings."""

from dataclasses import replace
from typing import Any

import pytest

from mailapp.flow.check_finding import BAD, HINT, OK, Finding, Run, RunFailed, record
from mailapp.flow.checking import Checking
from mailapp.web.context import EXTENSION
from tests.conftest import DOMAIN
from tests.flow.checks import scripted
from tests.web.admins import english_admin
from tests.web.conftest import ANN, FRAGMENT, SAME_ORIGIN, Mail

MX = Finding("mx", DOMAIN, "", BAD, "missing", {}, (record(DOMAIN, "MX", "10 mail.yuanye.example."),))
RIGHT = replace(MX, state=OK, reason="here", values={"found": "mail.yuanye.example"}, remedies=())
STS = Finding("mta_sts", DOMAIN, "", HINT, "missing", {"host": "<b>"})
DISK = Finding("disk", "", "", OK, "room", {"free": 10, "total": 20, "percent": 50})


def finding(mail: Mail, run: Run) -> None:
    """Let looking find this."""
    held = mail.site.extensions[EXTENSION]
    mail.context = held.context = replace(mail.context, checking=Checking(mail.context.database, run))


async def _page(client: Any, path: str = "/admin/checks") -> str:
    response = await client.get(path)
    assert response.status_code == 200
    return await response.get_data(as_text=True)


async def _look(client: Any, **form: str) -> str:
    response = await client.post("/admin/check-runs", form=form, headers=SAME_ORIGIN)
    assert response.status_code == 303
    return response.headers["Location"]


async def test_what_was_found_is_shown_with_what_to_copy(mail: Mail) -> None:
    client = await english_admin(mail)
    finding(mail, scripted(MX, STS, DISK))
    assert 'hx-trigger="submit, load"' in await _page(client)  # nothing was looked at yet: it begins by itself
    await _look(client)
    page = await _page(client)
    assert "10 of 20" not in page
    assert "10 MiB of 20 are free" in page
    assert ">10 mail.yuanye.example.</code>" in page
    assert "1 thing needs you" in page
    assert "&lt;b&gt;" in page
    assert "load" not in page.partition('id="look-again"')[0].rpartition("<form")[2]
    assert page.index("This server") < page.index(f">{DOMAIN}</a>")


async def test_with_scripts_each_result_comes_by_itself(mail: Mail) -> None:
    client = await english_admin(mail)
    finding(mail, scripted(MX, DISK))
    response = await client.post("/admin/check-runs", form={"domain": ""}, headers={**SAME_ORIGIN, **FRAGMENT})
    assert response.mimetype == "text/event-stream"
    frames = (await response.get_data(as_text=True)).strip().split("\n\n")
    assert len(frames) == 5
    assert frames[1].count("Looking…") == 2
    # the server's come first on the page, whichever is found first
    assert 'hx-target="#check-1"' in frames[2]
    assert 'hx-target="#check-0"' in frames[3]
    assert "1 thing needs you" in frames[4]
    assert "There is no MX record" in await _page(client)


async def test_a_run_that_breaks_is_said_and_keeps_what_it_found(mail: Mail) -> None:
    client = await english_admin(mail)

    async def broken(domain: str):
        async for each in scripted(DISK, MX)(domain):
            if each is MX:
                raise RunFailed
            yield each

    finding(mail, broken)
    response = await client.post("/admin/check-runs", form={"domain": ""}, headers={**SAME_ORIGIN, **FRAGMENT})
    assert "ended before all were done" in await response.get_data(as_text=True)
    response = await client.post("/admin/check-runs", form={"domain": ""}, headers=SAME_ORIGIN)
    assert response.status_code == 500
    assert "10 MiB" in await response.get_data(as_text=True)


async def test_a_domain_has_a_page_of_its_own_and_its_state_stands_in_the_list(mail: Mail) -> None:
    client = await english_admin(mail)
    finding(mail, scripted(MX, STS, DISK))
    assert "not checked yet" in await _page(client, "/admin/domains")
    assert await _look(client, domain=DOMAIN) == f"/admin/checks?domain={DOMAIN}"
    page = await _page(client, f"/admin/checks?domain={DOMAIN}")
    assert "Disk" not in page
    assert "1 thing is missing" in await _page(client, "/admin/domains")
    finding(mail, scripted(RIGHT, STS))
    await _look(client, domain=DOMAIN)
    assert ">in order<" in await _page(client, "/admin/domains")


async def test_what_is_not_looked_at_any_more_goes(mail: Mail) -> None:
    client = await english_admin(mail)
    finding(mail, scripted(DISK, replace(MX, about="gone.example")))
    await _look(client)
    finding(mail, scripted(DISK))
    await _look(client)
    assert "gone.example" not in await _page(client)


async def test_the_records_of_the_relay_are_kept_with_the_domain(mail: Mail) -> None:
    client = await english_admin(mail)
    form = {"domain": DOMAIN, "records": "em1 CNAME u1.wl.sendgrid.net"}
    response = await client.post("/admin/domain-records", form=form, headers=SAME_ORIGIN)
    assert response.status_code == 303
    page = await _page(client, response.headers["Location"])
    assert "em1 CNAME u1.wl.sendgrid.net</textarea>" in page
    assert "Saved." in page


async def test_settings_are_kept_and_slips_stand_beside_their_field(mail: Mail) -> None:
    client = await english_admin(mail)
    form = {"dns_servers": "127.0.0.1:5353", "blocklists": "Zen.Spamhaus.org，b.example", "time_server": "time.example"}
    response = await client.post("/admin/check-settings", form=form, headers=SAME_ORIGIN)
    assert response.status_code == 303
    chosen = await mail.context.checking.choices()
    assert chosen.blocklists == ("zen.spamhaus.org", "b.example")
    assert (chosen.dns_servers, chosen.time_server, chosen.mails) == ("127.0.0.1:5353", "time.example", False)
    for field, wrong in (("dns_servers", "dns.example"), ("blocklists", "zen"), ("time_server", "a b")):
        response = await client.post("/admin/check-settings", form={**form, field: wrong}, headers=SAME_ORIGIN)
        page = await response.get_data(as_text=True)
        assert response.status_code == 422
        assert f'id="{field}-error"' in page
        assert wrong in page
    assert await mail.context.checking.choices() == chosen


@pytest.mark.parametrize("path", ["/admin/check-runs", "/admin/check-settings", "/admin/domain-records"])
async def test_members_find_nothing_here(mail: Mail, path: str) -> None:
    client = await mail.client(ANN)
    assert (await client.post(path, form={}, headers=SAME_ORIGIN)).status_code == 404
    assert (await client.get("/admin/checks")).status_code == 404
