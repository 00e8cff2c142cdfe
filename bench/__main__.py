"""python -m bench: every figure of docs/benchmarks.md, one subcommand each."""

from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import click
import uvloop

from bench import codes as codes_
from bench import hostile as hostile_
from bench import kill as kill_
from bench import kill_out as kill_out_
from bench import latency as latency_
from bench import lists as lists_
from bench import memory as memory_
from bench import page as page_
from bench import painted as painted_
from bench import reading as reading_
from bench import receive as receive_
from bench import relay as relay_
from bench import report
from bench import retention as retention_
from bench import search as search_
from bench import waiting as waiting_

Section = tuple[str, object]
_out = click.option("--out", default="", help="also write a markdown page (and JSON beside it) here")


def measure(work: Coroutine[Any, Any, Section]) -> Section:
    return uvloop.run(work)


def chosen(sizes: tuple[str, ...], connections: tuple[int, ...], messages: int) -> list[receive_.Case]:
    """The cases asked for: all of them when nothing was."""
    return [
        receive_.Case(one.kind, one.connections, messages or one.messages)
        for one in receive_.CASES
        if (not sizes or one.kind in sizes) and (not connections or one.connections in connections)
    ]


@click.group(help=__doc__)
def main() -> None:
    pass


@main.command()
@click.option("--rounds", default=8, show_default=True)
@click.option("--size", "sizes", multiple=True, type=click.Choice(["4k", "100k"]))
@click.option("--connections", multiple=True, type=click.Choice(["1", "10", "50"]))
@click.option("--messages", default=0, help="per round; 0: what suits the case")
@click.option("--pipeline", is_flag=True, help="send MAIL, RCPT and DATA in one write")
@click.option("--reconnect", is_flag=True, help="a new connection for each message")
@_out
def receive(
    rounds: int,
    sizes: tuple[str, ...],
    connections: tuple[str, ...],
    messages: int,
    pipeline: bool,
    reconnect: bool,
    out: str,
) -> None:
    """Messages per second and CPU per message beside the null sink."""
    extra = tuple(name for name, on in (("--pipeline", pipeline), ("--reconnect", reconnect)) if on)
    cases = chosen(sizes, tuple(int(one) for one in connections), messages)
    text, raw = measure(receive_.run(cases, rounds, extra))
    report.write(out, "Receiving", [text], raw)


@main.command()
@click.option("--messages", default=300, show_default=True)
@_out
def latency(messages: int, out: str) -> None:
    """From the final dot to the event at one and at 50 open inboxes."""
    text, raw = measure(latency_.run(messages))
    report.write(out, "Latency", [text], raw)


@main.command()
@click.option("--messages", default=100, show_default=True)
@_out
def painted(messages: int, out: str) -> None:
    """From the 250 to the painted row in Chromium."""
    text, raw = measure(painted_.run(messages))
    report.write(out, "Painted", [text], raw)


@main.command()
@click.option("--large", default=1_000_000, show_default=True, help="messages in the large mailbox")
@click.option("--requests", default=400, show_default=True)
@_out
def page(large: int, requests: int, out: str) -> None:
    """The inbox page with 1,000 messages and with a million."""
    text, raw = measure(page_.run(large, requests))
    report.write(out, "Inbox page", [text], raw)


@main.command()
@click.option("--large", default=1_000_000, show_default=True, help="messages in the account")
@click.option("--requests", default=60, show_default=True)
@_out
def lists(large: int, requests: int, out: str) -> None:
    """Folders, starred and label lists: the first page and the next, with few and with most of the mail in them."""
    text, raw = measure(lists_.run(large, requests))
    report.write(out, "Folders", [text], raw)


@main.command()
@click.option("--messages", default=1_000_000, show_default=True)
@click.option("--data", type=click.Path(path_type=Path), help="a data directory that was filled before")
@_out
def search(messages: int, data: Path | None, out: str) -> None:
    """Searching among a million messages, beside LIKE on the same data."""
    text, raw = measure(search_.run(messages, data))
    report.write(out, "Search", [text], raw)


@main.command()
@click.option("--messages", default=10_000, show_default=True)
@_out
def memory(messages: int, out: str) -> None:
    """Resident memory, and what others feel while a very large mail comes in."""
    text, raw = measure(memory_.run(messages))
    report.write(out, "Memory", [text], raw)


@main.command()
@click.option("--messages", default=60, show_default=True, help="of each kind")
@_out
def reading(messages: int, out: str) -> None:
    """Opening messages for the first time, and memory while an archive leaves."""
    text, raw = measure(reading_.run(messages))
    report.write(out, "Reading", [text], raw)


@main.command()
@click.option("--messages", default=200, show_default=True)
@click.option("--waiting", default=1_000, show_default=True, help="calls that wait at once")
@click.option("--rounds", default=4, show_default=True)
@click.option("--flood", default=2_000, show_default=True, help="messages of a round")
@_out
def api(messages: int, waiting: int, rounds: int, flood: int, out: str) -> None:
    """From the final dot to a waiting call of the API; a thousand waiting calls."""
    text, raw = measure(waiting_.run(messages, waiting, rounds, flood))
    report.write(out, "Waiting for codes", [text], raw)


@main.command()
@_out
def hostile(out: str) -> None:
    """Letters made to hold the server up: how long each takes, and what others feel."""
    text, raw = measure(hostile_.run())
    report.write(out, "Hostile letters", [text], raw)


@main.command()
@click.option("--held-out/--tuned", default=True, help="the held-out part is for the end: leave it out while tuning")
@click.option("--failures", is_flag=True, help="name the messages of the tuned part that go wrong")
@_out
def codes(held_out: bool, failures: bool, out: str) -> None:
    """Codes in messages: precision, recall and time on the corpus in tests/data/codes."""
    text, raw = codes_.run(held_out, failures)
    report.write(out, "Codes", [text], raw)


@main.command()
@click.option("--rounds", default=10, show_default=True)
@click.option("--seed", default=0, help="0: another one each time")
@_out
def kill(rounds: int, seed: int, out: str) -> None:
    """kill -9 during ingest: every message answered 250 is there exactly once."""
    text, raw = measure(kill_.run(rounds, seed))
    report.write(out, "kill -9 during ingest", [text], raw)


@main.command()
@click.option("--messages", default=1_000, show_default=True)
@click.option("--rounds", default=6, show_default=True)
@click.option("--inbox-rounds", default=3, show_default=True, help="0: the rates alone")
@_out
def relay(messages: int, rounds: int, inbox_rounds: int, out: str) -> None:
    """A queue released to a fast relay, beside a bare aiosmtplib loop; the inbox meanwhile."""
    text, raw = measure(relay_.run(messages, rounds, inbox_rounds))
    report.write(out, "Sending", [text], raw)


@main.command()
@click.option("--messages", default=100_000, show_default=True, help="the rule is about")
@click.option("--rounds", default=3, show_default=True)
@click.option("--seconds", default=12.0, show_default=True, help="of each half of a round")
@click.option("--data", type=click.Path(path_type=Path), help="a data directory to fill once and keep")
@_out
def retention(messages: int, rounds: int, seconds: float, data: Path | None, out: str) -> None:
    """What deliveries feel while retention deletes 100,000 messages."""
    text, raw = measure(retention_.run(messages, rounds, seconds, data))
    report.write(out, "Retention", [text], raw)


@main.command(name="kill-out")
@click.option("--rounds", default=50, show_default=True)
@click.option("--seed", default=0, help="0: another one each time")
@_out
def kill_out(rounds: int, seed: int, out: str) -> None:
    """kill -9 while the queue runs: nobody is forgotten, and twice only where it is said."""
    text, raw = measure(kill_out_.run(rounds, seed))
    report.write(out, "kill -9 while the queue runs", [text], raw)


@main.command(name="all")
@click.option("--rounds", default=8, show_default=True)
@click.option("--kill/--no-kill", default=True, help="kill -9 has a page of its own, docs/kill.md")
@click.option("--out", default="docs/benchmarks.md", show_default=True)
def all_(rounds: int, kill: bool, out: str) -> None:
    """Everything, into one page."""
    works = {
        "receive": receive_.run(list(receive_.CASES), rounds),
        "latency": latency_.run(300),
        "painted": painted_.run(100),
        "page": page_.run(1_000_000, 400),
        "memory": memory_.run(10_000),
        "relay": relay_.run(1_000, 6, 3),
    }
    if kill:
        works["kill"] = kill_.run(10, 0)
    sections = {name: measure(work) for name, work in works.items()}
    raw = {name: values for name, (_, values) in sections.items()}
    report.write(out, "Benchmarks", [text for text, _ in sections.values()], raw)


if __name__ == "__main__":
    main()
