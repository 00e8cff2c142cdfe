"""Two administrators at once: whatever they do to each other, one of them stays."""

import asyncio

import pytest

from mailapp.events import Bus
from mailapp.flow.accounts import Accounts
from mailapp.flow.erasing import Erasing
from mailapp.store import accounts
from mailapp.store.accounts import MEMBER, LastAdmin
from mailapp.store.database import Database
from tests.conftest import DOMAIN, make_account


@pytest.mark.parametrize("act", ["demote", "disable", "erase", "lock out"])
async def test_of_two_who_throw_each_other_out_one_stays(database: Database, bus: Bus, act: str) -> None:
    one = await make_account(database, f"one@{DOMAIN}", admin=True)
    other = await make_account(database, f"other@{DOMAIN}", admin=True)
    flow = Accounts(database, bus, Erasing(database, bus))

    async def throw_out(account_id: int) -> None:
        if act == "demote":
            await flow.set_role(account_id, MEMBER)
        elif act == "disable":
            await flow.set_active(account_id, False)
        elif act == "erase":
            await flow.erase(account_id)
        else:
            await flow.reset_password(account_id, None)

    done = await asyncio.gather(throw_out(one), throw_out(other), return_exceptions=True)
    assert sorted(type(each) for each in done if each is not None) == [LastAdmin]
    stays = other if done[0] is None else one
    with pytest.raises(LastAdmin):
        await database.write(accounts.keep_an_admin, stays)
