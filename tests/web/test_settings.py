"""The settings page: how long sending can be undone, and the signature of each address."""

import re
from urllib.parse import urlencode

from mailapp.store import accounts, addresses, domains, signatures
from tests.web.conftest import ANN, LIN, SAME_ORIGIN, Mail, letter


async def test_undo_and_signatures_are_kept_for_ones_own_addresses_alone(mail: Mail) -> None:
    def alias(db: object) -> None:
        addresses.add(db, "shop@yuanye.example", domains.ensure(db, "yuanye.example", 1), [mail.lin], 1)  # type: ignore[arg-type]

    await mail.context.database.write(alias)
    client = await mail.client()
    page = str(await (await client.get("/settings")).get_data(as_text=True))
    assert 'name="signature_of" value="shop@yuanye.example"' in page
    fields = [("undo_send_s", "0")]
    for address, text in ((LIN, "-- \r\nLin\r\nYuanye"), ("shop@yuanye.example", "<b>Shop</b>"), (ANN, "stolen")):
        fields += [("signature_of", address), ("signature", text)]
    headers = {**SAME_ORIGIN, "Content-Type": "application/x-www-form-urlencoded"}
    done = await client.post("/settings", data=urlencode(fields), headers=headers)
    assert done.status_code == 303
    account = await mail.context.database.read(accounts.get, mail.lin)
    assert account is not None
    assert account.undo_send_s == 0
    texts = await mail.context.database.read(signatures.all_, mail.lin)
    assert texts == {LIN: "Lin\nYuanye", "shop@yuanye.example": "<b>Shop</b>"}
    page = str(await (await client.get("/settings")).get_data(as_text=True))
    assert 'value="0"' in page
    assert "&lt;b&gt;Shop" in page


async def test_a_wrong_number_of_seconds_is_said_so(mail: Mail) -> None:
    client = await mail.client()
    for wrong in ("61", "-1", "ten", "", "9" * 30):
        response = await client.post("/settings", form={"undo_send_s": wrong}, headers=SAME_ORIGIN)
        assert response.status_code == 422, wrong
        html = await response.get_data(as_text=True)
        assert 'aria-describedby="undo_send_s-error" autofocus' in html, "the page opens at its top, the field is below"
        assert 'id="undo_send_s-error"' in html


async def test_how_mail_is_shown_is_kept_and_nonsense_is_refused(mail: Mail) -> None:
    client = await mail.client()
    chosen = {"density": "compact", "page_size": "25", "remote_images": "show"}
    assert (await client.post("/settings", form=chosen, headers=SAME_ORIGIN)).status_code == 303
    account = await mail.context.database.read(accounts.get, mail.lin)
    assert account is not None
    assert (account.density, account.page_size, account.remote_images) == ("compact", 25, "show")
    assert 'data-density="compact"' in await (await client.get("/mail/inbox")).get_data(as_text=True)
    for name, wrong in (("density", "dense"), ("page_size", "1000000"), ("page_size", ""), ("remote_images", "yes")):
        response = await client.post("/settings", form={**chosen, name: wrong}, headers=SAME_ORIGIN)
        assert response.status_code == 400, (name, wrong)
    assert await mail.context.database.read(accounts.get, mail.lin) == account


async def test_a_page_has_as_many_rows_as_was_chosen_and_the_next_goes_on_below(mail: Mail) -> None:
    for each in range(30):
        await mail.deliver(letter(f"Number {each:02}"))
    client = await mail.client()
    chosen = {"density": "", "page_size": "25", "remote_images": "ask"}
    await client.post("/settings", form=chosen, headers=SAME_ORIGIN)
    page = await (await client.get("/mail/inbox")).get_data(as_text=True)
    shown = re.findall(r"Number (\d\d)", page)
    assert sorted(set(shown), reverse=True) == [f"{each:02}" for each in range(29, 4, -1)]
    (before,) = set(re.findall(r"before=(\d+)", page))
    rest = await (await client.get(f"/mail/inbox?before={before}")).get_data(as_text=True)
    assert set(re.findall(r"Number (\d\d)", rest)) == {f"{each:02}" for each in range(5)}


async def test_remote_images_are_shown_unasked_where_that_was_chosen(mail: Mail) -> None:
    message_id = await mail.deliver(letter(html="<img src='https://cdn.example/a.png' alt=''>"))
    client = await mail.client()
    asks = await client.get(f"/messages/{message_id}/body")
    assert "cdn.example" not in await asks.get_data(as_text=True)
    chosen = {"density": "", "page_size": "50", "remote_images": "show"}
    await client.post("/settings", form=chosen, headers=SAME_ORIGIN)
    shown = await client.get(f"/messages/{message_id}/body")
    assert "https://cdn.example/a.png" in await shown.get_data(as_text=True)
    assert "https:" in shown.headers["Content-Security-Policy"]


async def test_an_account_sees_how_much_it_holds_of_what_it_may(mail: Mail) -> None:
    await mail.deliver(b"Subject: x\r\n\r\n" + b"x" * 4_000)
    client = await mail.client()
    assert "已用 4 KB" in await (await client.get("/settings")).get_data(as_text=True)
    await mail.context.accounts.set_quota(mail.lin, 4_200)
    html = await (await client.get("/settings")).get_data(as_text=True)
    assert "95% / 4 KB" in html
    assert 'class="share warn"' in html
