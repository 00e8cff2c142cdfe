"""One answer of an account at a time; who waits is overtaken by who comes later."""

import asyncio

import pytest

from mailapp.web.overtaking import Overtaking


class Answers:
    """Answers that are made once the test lets them."""

    def __init__(self) -> None:
        self.overtaking = Overtaking()
        self.begun = list[str]()
        self.gates: dict[str, asyncio.Future[None]] = {}

    def ask(self, name: str, account_id: int = 1) -> asyncio.Task[str | None]:
        self.gates[name] = asyncio.get_running_loop().create_future()

        async def make() -> str:
            self.begun.append(name)
            await self.gates[name]
            return name

        return asyncio.create_task(self.overtaking.answer(account_id, make))

    async def give(self, name: str) -> None:
        self.gates[name].set_result(None)
        await settled()

    @property
    def idle(self) -> bool:
        return not self.overtaking._busy and not self.overtaking._waiting


async def settled() -> None:
    for _ in range(8):
        await asyncio.sleep(0)


async def asked(answers: Answers, *names: str) -> list[asyncio.Task[str | None]]:
    tasks = []
    for name in names:
        tasks.append(answers.ask(name))
        await settled()
    return tasks


async def test_of_those_who_wait_only_the_newest_is_answered() -> None:
    answers = Answers()
    one, two, three, four = await asked(answers, "1", "2", "3", "4")
    assert answers.begun == ["1"]
    assert (await two, await three) == (None, None)
    await answers.give("1")
    assert await one == "1"
    assert answers.begun == ["1", "4"]
    await answers.give("4")
    assert await four == "4"
    assert answers.idle


async def test_accounts_do_not_wait_for_each_other() -> None:
    answers = Answers()
    mine, other = answers.ask("1"), answers.ask("2", account_id=2)
    await settled()
    assert answers.begun == ["1", "2"]
    await answers.give("2")
    assert await other == "2"
    await answers.give("1")
    assert await mine == "1"


async def test_who_is_gone_keeps_the_turn_until_the_reading_ends() -> None:
    answers = Answers()
    one, two = await asked(answers, "1", "2")
    one.cancel()
    await settled()
    assert one.cancelled()
    assert answers.begun == ["1"]
    await answers.give("1")
    assert answers.begun == ["1", "2"]
    await answers.give("2")
    assert await two == "2"


async def test_who_goes_while_waiting_holds_nobody_up() -> None:
    answers = Answers()
    _, two = await asked(answers, "1", "2")
    two.cancel()
    await settled()
    await answers.give("1")
    assert answers.idle
    _, two, three = await asked(answers, "1", "2", "3")
    answers.gates["1"].set_result(None)
    while not three.done() and answers.overtaking._waiting:
        await asyncio.sleep(0)
    three.cancel()  # it was just told to begin
    await settled()
    assert (await two, answers.begun) == (None, ["1", "1"])
    assert answers.idle


async def test_an_answer_that_fails_ends_its_turn() -> None:
    answers = Answers()
    one, two = await asked(answers, "1", "2")
    answers.gates["1"].set_exception(ValueError("no"))
    with pytest.raises(ValueError, match="no"):
        await one
    await settled()
    await answers.give("2")
    assert await two == "2"
    assert answers.idle
