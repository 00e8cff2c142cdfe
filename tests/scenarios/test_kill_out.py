"""kill -9 while the queue runs: the short form of `python -m bench kill-out --rounds 50`."""

from bench.kill_out import PAUSE_MS, rounds_on
from bench.relay import Sink
from bench.servers import data_directory

ROUNDS = 2
QUEUED = 60


async def test_every_recipient_gets_the_message_and_twice_only_where_it_is_marked() -> None:
    with data_directory() as data:
        sink = Sink.start(data.parent / "relay.log", "--pause", PAUSE_MS)
        try:
            rounds, verdict = await rounds_on(data, sink, ROUNDS, seed=0, queued=QUEUED)
        finally:
            sink.server.stop()
    assert [one.open_before for one in rounds] == [QUEUED] * ROUNDS
    assert verdict.lost == []
    assert verdict.unannounced == [], "sent twice without a word about it"
    assert verdict.unfinished == 0
