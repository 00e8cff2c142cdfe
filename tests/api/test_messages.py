"""Messages over the API: listed, searched, read, taken as they came, thrown away."""

from urllib.parse import quote

import pytest

from mailapp.mail.draft import Draft
from tests.api.conftest import SHOP, Api, code_letter
from tests.conftest import DOMAIN
from tests.web.conftest import ANN, LIN, letter


async def subjects(api: Api, token: str, query: str = "") -> list[str]:
    found = await api.get(f"/messages{query}", token)
    assert found.status == 200, found.data
    return [each["subject"] for each in found.json["messages"]]


async def test_messages_are_listed_newest_first_page_by_page(api: Api) -> None:
    ids = [await api.mail.deliver(letter(f"Letter {number}")) for number in range(5)]
    token = await api.token("read")
    first = (await api.get("/messages?limit=2", token)).json
    assert [each["id"] for each in first["messages"]] == [ids[4], ids[3]]
    second = (await api.get(f"/messages?limit=2&before={first['next']}", token)).json
    last = (await api.get(f"/messages?limit=2&before={second['next']}", token)).json
    assert [each["subject"] for each in last["messages"]] == ["Letter 0"]
    assert last["next"] is None
    assert await subjects(api, token, f"?after={ids[2]}") == ["Letter 4", "Letter 3"]


async def test_a_summary_says_what_a_list_needs(api: Api) -> None:
    message_id = await api.mail.deliver(code_letter(), SHOP)
    (told,) = (await api.get("/messages", await api.token("read"))).json["messages"]
    assert told["id"] == message_id
    assert told["from"] == {"name": "GitHub", "address": "noreply@github.example"}
    assert (told["delivered_to"], told["mailbox"], told["code"], told["seen"]) == ([SHOP], "inbox", "482913", False)
    assert told["received_at"].endswith("Z")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=invoice", ["Invoice 7"]),
        ("?q=from:zhou+-invoice", ["Hello", "Shop"]),
        ("?q=" + quote("收件"), []),
        ("?q=in:inbox+subject:shop", ["Shop"]),
        (f"?to={SHOP}", ["Shop"]),
        (f"?to={quote(SHOP)}&q=hello", []),
        ("?to=SHOP@Yuanye.Example", ["Shop"]),
    ],
)
async def test_the_search_is_that_of_the_search_field(api: Api, query: str, found: list[str]) -> None:
    await api.mail.deliver(letter("Shop"), SHOP)
    await api.mail.deliver(letter("Invoice 7"))
    await api.mail.deliver(letter("Hello"))
    assert await subjects(api, await api.token("read"), query) == found


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=101", "limit=x", "limit=1&limit=2", "unknown=1", "after=-1", "q=in:nowhere", "q=(",
     "to=" + "x" * 400, "to=%00"],
)  # fmt: skip
async def test_parameters_that_cannot_be_used_are_said(api: Api, query: str) -> None:
    found = await api.get(f"/messages?{query}", await api.token("read"))
    assert found.status == 400
    assert found.json["detail"]


async def test_a_message_is_read_whole(api: Api) -> None:
    written = letter("Both", "Plain words.", html="<p>Rich <b>words</b>.</p>")
    written.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="a.pdf")
    message_id = await api.mail.deliver(written)
    token = await api.token("read")
    told = (await api.get(f"/messages/{message_id}", token)).json
    assert (told["text"].strip(), told["html"].strip()) == ("Plain words.", "<p>Rich <b>words</b>.</p>")
    assert told["to"] == [{"name": "", "address": LIN}]
    assert told["attachments"] == [
        {"number": 1, "name": "a.pdf", "type": "application/pdf", "size": 5, "inline": False}
    ]
    source = await api.get(f"/messages/{message_id}/source", token)
    assert source.headers["Content-Type"] == "message/rfc822"
    assert source.data.startswith(b"Return-Path: <zhou@sanlian.example>\r\nReceived:")
    assert source.data.endswith(written.as_bytes().replace(b"\n", b"\r\n"))


async def test_the_latest_is_the_newest_that_came_in(api: Api) -> None:
    token = await api.token()
    assert (await api.get("/messages/latest", token)).status == 404
    await api.mail.deliver(letter("For the shop"), SHOP)
    newest = await api.mail.deliver(letter("For Lin"))
    sent = await api("POST", "/messages", token, json={"to": [ANN], "subject": "Own"})
    assert sent.status == 202
    assert (await api.get("/messages/latest", token)).json["id"] == newest
    assert (await api.get(f"/messages/latest?to={SHOP}", token)).json["subject"] == "For the shop"
    assert (await api.get("/messages/latest?q=subject:shop", token)).json["subject"] == "For the shop"
    assert (await api.get("/messages/latest/source?q=subject:shop", token)).status == 200


@pytest.mark.parametrize("named", ["0", "-1", "x", "01x", "9" * 19, "latests", "1/2", "%00", "１"])
async def test_what_is_no_message_is_not_found(api: Api, named: str) -> None:
    found = await api.get(f"/messages/{named}", await api.token("read"))
    assert (found.status, found.headers["Content-Type"]) == (404, "application/problem+json")


async def test_a_message_goes_to_the_trash_as_the_page_does_it(api: Api) -> None:
    message_id = await api.mail.deliver(letter())
    token = await api.token()
    assert (await api("DELETE", f"/messages/{message_id}", token)).status == 204
    assert await subjects(api, token) == []
    assert await subjects(api, token, "?q=in:trash") == ["Hello"]
    told = (await api.get(f"/messages/{message_id}", token)).json
    assert told["mailbox"] == "trash"


async def test_mail_of_another_account_does_not_exist(api: Api) -> None:
    message_id = await api.mail.deliver(letter("Secret"))
    token = await api.token(account_id=api.mail.ann)
    assert await subjects(api, token) == []
    for method, path in (("GET", ""), ("GET", "/source"), ("DELETE", "")):
        assert (await api(method, f"/messages/{message_id}{path}", token)).status == 404
    assert await api.mail.row(message_id) is not None


async def test_a_limited_token_reaches_mail_for_its_addresses_and_no_other(api: Api) -> None:
    header_only = letter("Says it is for the shop")
    del header_only["To"]
    header_only["To"] = SHOP
    ids = {
        "shop": await api.mail.deliver(letter("Shop"), SHOP),
        "tag": await api.mail.deliver(letter("Tag"), f"shop+sale@{DOMAIN}"),
        "other": await api.mail.deliver(letter("Other"), LIN),
        "header": await api.mail.deliver(header_only, LIN),
    }
    token = await api.token(addresses=(SHOP,))
    assert await subjects(api, token) == ["Tag", "Shop"]
    assert await subjects(api, token, f"?to={LIN}") == ["Tag", "Shop"]  # by their To field, within reach
    assert await subjects(api, token, "?q=subject:other") == []
    for name, status in (("shop", 200), ("tag", 200), ("other", 404), ("header", 404)):
        assert (await api.get(f"/messages/{ids[name]}", token)).status == status
        assert (await api.get(f"/messages/{ids[name]}/source", token)).status == status
    assert (await api("DELETE", f"/messages/{ids['other']}", token)).status == 404
    assert (await api.get("/mailboxes", token)).status == 403


async def test_forwarded_mail_is_found_by_who_it_was_for(api: Api) -> None:
    forwarded = letter("Forwarded")
    forwarded["X-Forwarded-To"] = "me+x@elsewhere.example"
    await api.mail.deliver(forwarded, f"catch@{DOMAIN}")
    token = await api.token("read")
    assert await subjects(api, token, "?to=me@elsewhere.example") == ["Forwarded"]
    assert await subjects(api, token, f"?to=catch@{DOMAIN}") == ["Forwarded"]


async def test_drafts_are_no_messages_yet(api: Api) -> None:
    await api.mail.context.drafting.save(api.mail.lin, "k", Draft(to=ANN, subject="Half"), None)
    assert await subjects(api, await api.token("read")) == []


async def test_folders_tell_how_much_lies_in_them(api: Api) -> None:
    await api.mail.deliver(letter())
    told = (await api.get("/mailboxes", await api.token("read"))).json["mailboxes"]
    inbox = next(each for each in told if each["key"] == "inbox")
    assert inbox == {"key": "inbox", "role": "inbox", "name": "", "total": 1, "unread": 1}
