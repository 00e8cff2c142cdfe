"""Server processes under measurement: started on free loopback ports, read through /proc, ended by their own pid."""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
PASSWORD = "bench-2a9f-password"
_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class ServerFailed(Exception):
    """A server under measurement did not start, or ended by itself."""


def free_port() -> int:
    """A loopback port nobody listens on now, below those the kernel hands out: no other process gets it by chance."""
    for port in random.sample(range(15_000, 32_000), 100):
        with socket.socket() as one, contextlib.suppress(OSError):
            one.bind((HOST, port))
            return port
    raise ServerFailed("no free port between 15000 and 32000")


@dataclass
class Server:
    """A process that speaks SMTP on `smtp`, and HTTP on `http` where it is mailapp."""

    process: "subprocess.Popen[bytes]"
    smtp: int
    http: int = 0

    @property
    def pid(self) -> int:
        return self.process.pid

    def cpu_ms(self) -> float:
        """User and system time of all its threads so far, in ms (resolution: one tick, 10 ms)."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * _TICK_MS

    def exact_cpu_ms(self) -> float:
        """The same to the microsecond, from the scheduler's own count; threads that ended meanwhile are left out."""
        total = 0
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            with contextlib.suppress(OSError):
                total += int((task / "schedstat").read_text().split()[0])
        return total / 1e6

    def rss(self) -> float:
        """Resident memory now, in MB (10**6 bytes)."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * _PAGE / 1e6

    def peak(self) -> float:
        """The largest resident memory since `forget_peak`, in MB, as the kernel kept it."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6

    def forget_peak(self) -> None:
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def stop(self) -> float:
        """SIGTERM, then SIGKILL after 10 s. Returns the seconds it took."""
        started = time.monotonic()
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return time.monotonic() - started

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def environment(data_dir: Path, smtp: int = 0, http: int = 0) -> dict[str, str]:
    """What mailapp is started with: nothing of the caller's own MAILAPP_ settings."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("MAILAPP_")}
    given |= {"MAILAPP_DATA_DIR": str(data_dir), "MAILAPP_HOSTNAME": "mail.bench.example"}
    if smtp:
        given |= {"MAILAPP_SMTP": f"{HOST}:{smtp}", "MAILAPP_HTTP": f"{HOST}:{http}"}
        given |= {"MAILAPP_MAX_MESSAGE_SIZE": "64 MiB"}  # 30 MB attached are 41 MB in base64
    return given


def command(data_dir: Path, *arguments: str, stdin: str = "") -> str:
    """Run `mailapp ARGUMENTS` on a data directory; returns its output, raises CalledProcessError with it."""
    done = subprocess.run(
        [sys.executable, "-m", "mailapp", *arguments],
        cwd=ROOT,
        env=environment(data_dir),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode:
        raise ServerFailed(f"mailapp {' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done.stdout


def add_account(data_dir: Path, address: str, *options: str) -> None:
    """Make an account (and its domain) with PASSWORD through the command line."""
    command(data_dir, "account", "add", address, "--password-stdin", *options, stdin=PASSWORD + "\n")


def start_mailapp(data_dir: Path, prefix: tuple[str, ...] = (), smtp: int = 0, http: int = 0) -> Server:
    """Start mailapp and wait until /healthz answers 200. `prefix` goes before the command (strace ...)."""
    smtp, http = smtp or free_port(), http or free_port()
    log = (data_dir.parent / f"{data_dir.name}.log").open("ab")
    with log:
        process = subprocess.Popen(
            [*prefix, sys.executable, "-m", "mailapp", "serve"],
            cwd=ROOT,
            env=environment(data_dir, smtp, http),
            stdout=log,
            stderr=log,
        )
    server = Server(process, smtp, http)
    try:
        _wait_for(server, lambda: _healthy(http))
    except ServerFailed as error:
        server.kill()
        raise ServerFailed(f"{error}; see {log.name}:\n{Path(log.name).read_text()[-2000:]}") from None
    return server


def start_null_sink(*options: str) -> Server:
    """Start the null sink and wait until it greets."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.null_sink", str(port), *options], cwd=ROOT)
    server = Server(process, port)
    until_it_greets(server)
    return server


def until_it_greets(server: Server) -> None:
    """Wait until the process answers on its SMTP port. Raises ServerFailed."""
    _wait_for(server, lambda: _greets(server.smtp))


def _wait_for(server: Server, ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            raise ServerFailed(f"the server ended with {server.process.returncode} while starting")
        with contextlib.suppress(OSError):
            if ready():
                return
        time.sleep(0.05)
    raise ServerFailed("the server was not ready within 30 s")


def _healthy(port: int) -> bool:
    with urllib.request.urlopen(f"http://{HOST}:{port}/healthz", timeout=2) as answer:
        return bool(answer.status == 200)


def _greets(port: int) -> bool:
    with socket.create_connection((HOST, port), 2) as one:
        return one.recv(3) == b"220"


def on_memory(path: Path) -> bool:
    """Whether a path lies on tmpfs or ramfs, where an fsync costs nothing."""
    best, kind = "", ""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, point, filesystem, *_ = line.split()
        if path.resolve().is_relative_to(point) and len(point) >= len(best):
            best, kind = point, filesystem
    return kind in {"tmpfs", "ramfs"}


@contextlib.contextmanager
def data_directory(keep: bool = False) -> Iterator[Path]:
    """A fresh data directory on a real disk, removed afterwards. Raises ServerFailed where only memory is found."""
    places = [Path(one) for one in (os.environ.get("BENCH_DIR", ""), "/var/tmp", "/tmp", str(ROOT)) if one]
    for place in places:
        if place.is_dir() and os.access(place, os.W_OK) and not on_memory(place):
            break
    else:
        raise ServerFailed("no directory on a real disk; name one in BENCH_DIR")
    top = Path(tempfile.mkdtemp(prefix="mailapp-bench-", dir=place))
    try:
        (top / "data").mkdir(mode=0o700)
        yield top / "data"
    finally:
        if not keep:
            shutil.rmtree(top, ignore_errors=True)
