"""Nonsense in every form of the administration: refused in words, and never an error of ours."""

import itertools
from urllib.parse import quote

from tests.web.admins import admin, given_relay
from tests.web.conftest import FRAGMENT, SAME_ORIGIN, Mail
from tests.web.test_admin_audited import ACTS, EXEMPT

NONSENSE = ("", "-1²", "9" * 400, "\0\ud800", "a@b@c <b>'\"\n%s{0}")
LONG = {"/admin/relay-tests", "/admin/check-runs", "/admin/backups"}
"""What these do takes its time, and has no field that could be wrong."""


async def test_nonsense_is_never_an_error_of_ours(mail: Mail) -> None:
    client = await admin(mail)
    relay = await given_relay(client)
    tried = 0
    for route in sorted({*ACTS, *EXEMPT} - LONG):
        form = dict(ACTS[route][0]) if route in ACTS else {"password": "x", "next": "/admin"}
        form = {name: value.format(ann=mail.ann, relay=relay, rule=1, message=1, undo=1, backup="x")
                if value.startswith("{") else value for name, value in form.items()}  # fmt: skip
        if form.get("mail") == "erase":
            form["confirm"] = ""
        if route == "/admin/session":
            continue  # each wrong password costs the next one time
        path = route.replace("<id:relay_id>", str(relay))
        for name, value in itertools.product(form, NONSENSE):
            given = {**form, name: value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")}
            headers = {**SAME_ORIGIN, **FRAGMENT} if tried % 2 else SAME_ORIGIN
            response = await client.post(path, form=given, headers=headers)
            assert response.status_code < 500, (route, name, value[:30])
            tried += 1
    assert tried > 250
    for path in ("/admin/accounts?after=", "/admin/audit?before=", "/admin/audit?who=", "/admin/mail?q=x&before=",
                 "/admin/receiving?before=", "/admin/receiving?q=", "/admin/retention?account=", "/admin/addresses?q=",
                 "/admin/checks?domain=", "/admin/domain-checks?domain=", "/join?token="):  # fmt: skip
        for value in NONSENSE:
            response = await client.get(path + quote(value, errors="surrogatepass"))
            assert response.status_code < 500, (path, value)
