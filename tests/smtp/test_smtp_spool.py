import errno
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mailapp.flow.spool import SpoolContent
from mailapp.smtp import receiving as receiving_module
from mailapp.smtp.receiving import Receiving
from mailapp.smtp.spool import MemoryBudget


def test_small_messages_stay_in_memory_and_large_ones_go_to_disk(tmp_path):
    budget = MemoryBudget(10_000)
    small = Receiving(100_000, 1000, budget, tmp_path)
    assert small.feed(b"x" * 998 + b"\r\n.\r\nrest") == b"rest"
    assert not small.spooled
    assert small.content().read(0, 2000) == b"x" * 998 + b"\r\n"
    large = Receiving(100_000, 1000, budget, tmp_path)
    for _ in range(5):
        assert large.feed(b"y" * 500) is None
    assert large.spooled
    assert large.feed(b"\r\n.\r\n") == b""
    assert large.content().read(2490, 100) == b"y" * 10 + b"\r\n"
    assert large.content().size == large.size == 2502
    assert budget.used == 1000
    small.release()
    large.release()
    assert budget.used == 0


def test_when_memory_is_used_up_messages_are_spooled_earlier(tmp_path):
    budget = MemoryBudget(1000)
    first, second = (Receiving(100_000, 5000, budget, tmp_path) for _ in range(2))
    first.feed(b"x" * 800)
    second.feed(b"y" * 300)
    assert (first.spooled, second.spooled) == (False, True)
    second.feed(b"\r\n.\r\n")
    assert second.content().read(0, 400) == b"y" * 300 + b"\r\n"
    assert budget.peak <= 1000
    second.release()


def test_the_spool_file_has_no_name_and_its_space_is_freed_on_close(tmp_path):
    spool = SpoolContent(tmp_path)
    spool.append(b"secret")
    assert list(tmp_path.iterdir()) == []
    assert os.fstat(spool._file.fileno()).st_mode & 0o777 == 0o600
    spool.close()
    spool.close()
    with pytest.raises(ValueError):
        spool.read(0, 1)


def test_a_spool_may_be_read_from_many_threads_at_once(tmp_path):
    spool = SpoolContent(tmp_path)
    data = bytes(range(256)) * 4096
    spool.append(data)
    barrier = threading.Barrier(4)

    def read(number):
        barrier.wait()
        return all(spool.read(at, 999) == data[at : at + 999] for at in range(number, len(data), 7919))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(read, range(4)))
    assert spool.read(len(data), 10) == b""
    spool.close()


@pytest.mark.parametrize(
    ("number", "reply"),
    [
        (errno.ENOSPC, "452 4.3.1 Insufficient system storage"),
        (errno.EDQUOT, "452 4.3.1 Insufficient system storage"),
        (errno.EIO, "451 4.3.0 Cannot take the message now"),
        (errno.EMFILE, "451 4.3.0 Cannot take the message now"),
    ],
)
def test_a_disk_that_fails_gives_a_temporary_failure_and_frees_everything(tmp_path, monkeypatch, number, reply):
    class Broken(SpoolContent):
        def append(self, data):
            if self.size + len(data) > 3000:
                raise OSError(number, os.strerror(number))
            super().append(data)

    monkeypatch.setattr(receiving_module, "SpoolContent", Broken)
    budget = MemoryBudget(10_000)
    broken = Receiving(100_000, 1000, budget, tmp_path)
    for _ in range(10):
        assert broken.feed(b"x" * 500) is None
    assert broken.feed(b"\r\n.\r\nNOOP\r\n") == b"NOOP\r\n"
    assert broken.failure is not None
    assert broken.failure.reply == reply
    assert budget.used == 0


def test_the_maximum_size_is_exact_and_counts_unstuffed_bytes(tmp_path):
    for extra, fails in ((0, False), (1, True)):
        message = Receiving(1000, 5000, MemoryBudget(10_000), tmp_path)
        message.feed(b"." + b"." * (998 + extra) + b"\r\n.\r\n")
        assert (message.failure is not None) is fails


def test_far_over_the_maximum_it_is_hopeless(tmp_path):
    message = Receiving(100_000, 1000, MemoryBudget(10_000), tmp_path)
    for _ in range(4):
        message.feed(b"x" * 65_536)
    assert not message.hopeless
    assert message.failure is not None
    message.feed(b"x" * 65_536)
    assert message.hopeless


def test_unfinished_messages_together_cannot_fill_the_disk(tmp_path):
    memory, disk = MemoryBudget(10_000), MemoryBudget(150_000)
    first, second = (Receiving(100_000, 1000, memory, tmp_path, disk) for _ in range(2))
    first.feed(b"x" * 90_000)
    second.feed(b"x" * 90_000)
    assert first.failure is None
    assert second.failure is not None
    assert second.failure.reply.startswith("452 4.3.1 ")
    first.release()
    second.release()
    assert disk.used == 0
