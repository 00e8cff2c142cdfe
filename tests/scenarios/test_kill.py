"""kill -9 while mail comes in: the short form of `python -m bench kill --rounds 10`."""

from bench.kill import rounds_on
from bench.servers import data_directory

ROUNDS = 2


async def test_every_message_answered_250_is_there_exactly_once() -> None:
    with data_directory() as data:
        known, founds = await rounds_on(data, ROUNDS, seed=0)
    for one, found in zip(known, founds, strict=True):
        assert len(one.answered) > 20, f"too little load to prove anything: {one.refused[:3]}"
        assert found.lost == [], "answered 250 and gone"
        assert found.doubled == [], "there twice"
        assert found.damage == []
