"""The settings page: how long sending can be undone, and the signature of each address."""

from urllib.parse import urlencode

from mailapp.store import accounts, addresses, domains, signatures
from tests.web.conftest import ANN, LIN, SAME_ORIGIN, Mail


async def test_undo_and_signatures_are_kept_for_ones_own_addresses_alone(mail: Mail) -> None:
    def alias(db: object) -> None:
        addresses.add(db, "shop@yuanye.example", domains.ensure(db, "yuanye.example", 1), [mail.lin], 1)  # type: ignore[arg-type]

    await mail.context.database.write(alias)
    client = await mail.client()
    page = str(await (await client.get("/settings")).get_data(as_text=True))
    assert 'name="signature_of" value="shop@yuanye.example"' in page
    fields = [("undo_send_s", "0")]
    for address, text in ((LIN, "Lin\r\nYuanye"), ("shop@yuanye.example", "<b>Shop</b>"), (ANN, "stolen")):
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
        assert 'id="undo_send_s-error"' in await response.get_data(as_text=True)


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
