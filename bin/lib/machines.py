"""Fresh systems for bin/test-install: one booted with its own systemd, or one with a stand-in for systemctl."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

CANNOT_RUN = 77
HERE = Path(__file__).resolve().parent
# a system whose systemd knows nothing older gets the newer kind of control groups, in a mount namespace of its own
ONLY_CGROUP_2 = 'umount -R /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup; exec "$@"'


class Machine:
    """A system whose network is this machine's, so that its ports are reached on loopback."""

    def __init__(self, base: Path, root: Path, memory: "Memory | None" = None) -> None:
        self.root = root
        self.memory = memory
        self._init = 0
        self._copy(base)
        self._log = (root.parent / "console.log").open("wb")
        self._outer = subprocess.Popen(
            self._command(), stdin=subprocess.DEVNULL, stdout=self._log, stderr=subprocess.STDOUT,
            start_new_session=True, preexec_fn=memory.entrance("machine") if memory else None,
        )  # fmt: skip

    def _command(self) -> list[str]:
        raise NotImplementedError

    def boot(self) -> None:
        """Wait until it can be used. Exits with CANNOT_RUN where that does not come."""
        raise NotImplementedError

    def _copy(self, base: Path) -> None:
        shutil.rmtree(self.root, ignore_errors=True)
        subprocess.run(["cp", "-a", base, self.root], check=True)
        # what this machine needs to reach the package index, a mirror or a proxy of its own
        for name in ("/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt", "/etc/hosts"):
            if Path(name).exists():
                shutil.copy(name, self.root / name[1:])
        for one in Path("/etc/apt/apt.conf.d").glob("*"):
            target = self.root / "etc/apt/apt.conf.d" / one.name
            if not target.exists():
                shutil.copy(one, target)

    def _given_up(self) -> None:
        self.halt()
        sys.exit(CANNOT_RUN)

    def _enter(self) -> list[str]:
        return [
            "nsenter",
            "--target",
            str(self._init),
            "--mount",
            "--uts",
            "--ipc",
            "--pid",
            "--cgroup",
            "--wdns=/root",
        ]

    def begin(
        self, command: str, env: dict[str, str] | None = None, errors: int = subprocess.DEVNULL
    ) -> "subprocess.Popen[str]":
        """Begin a line of shell in it as root."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if (name.startswith("PIP_") and name != "PIP_FIND_LINKS") or name.endswith("_proxy")
        }
        inside = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": "/root",
            "LANG": "C.UTF-8",
        }
        return subprocess.Popen(
            [*self._enter(), "bash", "-c", command], env={**kept, **inside, **(env or {})}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=errors, text=True,
            preexec_fn=self.memory.entrance("visitors") if self.memory else None,
        )  # fmt: skip

    def run(
        self, command: str, *, check: bool = True, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a line of shell in it as root."""
        begun = self.begin(command, env, subprocess.PIPE)
        said, errors = begun.communicate(timeout=900)
        done = subprocess.CompletedProcess(command, begun.returncode, said, errors)
        if check and done.returncode != 0:
            log = self.run("journalctl -n 40 --no-pager -u mailapp -u caddy", check=False).stdout
            raise AssertionError(f"{command}\n{done.stdout}\n{done.stderr}\n{log}")
        return done

    def refusals(self) -> str:
        """What a stand-in was asked that it should not have been."""
        file = self.root / "standin.refused"
        return file.read_text() if file.exists() else ""

    def halt(self) -> None:
        if self._init:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._init, self.power_off)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._outer.wait(40)
        if self._outer.poll() is None:
            self._outer.kill()
            self._outer.wait(20)
        self._log.close()

    power_off = signal.SIGRTMIN + 4  # systemd's word for it
    booted = True


class Booted(Machine):
    """With its own systemd, in systemd-nspawn."""

    def _command(self) -> list[str]:
        resolver = "bind-host" if Path("/etc/resolv.conf").exists() else "off"
        nspawn = ["systemd-nspawn", "--quiet", "--directory", str(self.root), "--keep-unit", "--register=no", "--boot"]
        nspawn += [f"--resolv-conf={resolver}", "--timezone=off"]
        release = (self.root / "etc/os-release").read_text()
        if 'VERSION_ID="26.04"' in release and not Path("/sys/fs/cgroup/cgroup.controllers").exists():
            return ["unshare", "--mount", "--propagation", "private", "bash", "-c", ONLY_CGROUP_2, "bash", *nspawn]
        return nspawn

    def boot(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until and self._outer.poll() is None:
            self._init = self._init or _child(self._outer.pid)
            if self._init:
                state = self.run("systemctl is-system-running", check=False).stdout.strip()
                if state in ("running", "degraded"):
                    return
            time.sleep(0.3)
        self._given_up()


class StoodIn(Machine):
    """Where systemd cannot be booted: the same files in a process and a mount namespace of their own, and systemctl
    is bin/lib/standin_systemctl.py, which starts what units say as the user and with the limits they say."""

    power_off = signal.SIGKILL
    booted = False

    def _copy(self, base: Path) -> None:
        super()._copy(base)
        local = self.root / "usr/local/bin"
        for name in ("systemctl", "journalctl"):
            shutil.copy(HERE / "standin_systemctl.py", local / name)
            (local / name).chmod(0o755)
        if Path("/etc/resolv.conf").exists():
            (self.root / "etc/resolv.conf").unlink(missing_ok=True)
            shutil.copy("/etc/resolv.conf", self.root / "etc/resolv.conf")

    def _command(self) -> list[str]:
        inside = (
            f"mount --bind {self.root} {self.root} && cd {self.root} && mount -t proc proc proc && mount --rbind /dev dev"
            " && mount -t tmpfs tmpfs run && mkdir -p run/lock && exec chroot . bash -c 'while :; do sleep 1000 & wait; done'"
        )
        return [
            "unshare",
            "--mount",
            "--propagation",
            "private",
            "--pid",
            "--fork",
            "--kill-child",
            "bash",
            "-c",
            inside,
        ]

    def _enter(self) -> list[str]:
        return ["nsenter", "--target", str(self._init), "--mount", "--pid", "--root", "--wdns=/root"]

    def boot(self) -> None:
        until = time.monotonic() + 20
        while time.monotonic() < until and self._outer.poll() is None:
            self._init = self._init or _child(self._outer.pid)
            if self._init and Path(f"/proc/{self._init}/root").resolve() == self.root.resolve():
                # the stand-in is Python, which systems of our kind come with; debootstrap's smallest does not
                self.run(
                    "command -v python3 || apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3"
                )
                return
            time.sleep(0.1)
        self._given_up()


class Memory:
    """A limit on the memory of everything that runs in a machine, page cache included, and what was used of it."""

    def __init__(self, limit_mib: int) -> None:
        self.limit_mib = limit_mib
        unified = Path("/sys/fs/cgroup/cgroup.controllers")
        self._new = unified.exists() and "memory" in unified.read_text().split()
        base = Path("/sys/fs/cgroup" if self._new else "/sys/fs/cgroup/memory")
        self._group = base / f"mailapp-test-{os.getpid()}"
        self._group.mkdir()
        (self._group / ("memory.max" if self._new else "memory.limit_in_bytes")).write_text(f"{limit_mib}M")
        swap = self._group / ("memory.swap.max" if self._new else "memory.memsw.limit_in_bytes")
        with contextlib.suppress(OSError):
            swap.write_text("0" if self._new else f"{limit_mib}M")
        self.peak_mib = 0.0
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    @classmethod
    def of(cls, limit_mib: int) -> "Memory | None":
        """A limit, where this machine can set one and it is not 0."""
        try:
            return cls(limit_mib) if limit_mib else None
        except OSError as error:
            print(f"  memory cannot be limited here: {error}")
            return None

    def entrance(self, name: str) -> Callable[[], None]:
        """What a new process calls to be counted, before it becomes what it is to be."""
        group = self._group / name
        group.mkdir(exist_ok=True)

        def enter() -> None:
            (group / "cgroup.procs").write_text(str(os.getpid()))

        return enter

    def _watch(self) -> None:
        while not self._ended.wait(0.1):
            self.peak_mib = max(self.peak_mib, self.held_mib())

    def held_mib(self) -> float:
        """What cannot be given back: without the page cache."""
        stat = dict(line.split() for line in (self._group / "memory.stat").read_text().splitlines())
        return int(stat["anon" if self._new else "total_rss"]) / 2**20

    def kills(self) -> int:
        """Processes that were ended because there was no more."""
        text = (self._group / ("memory.events" if self._new else "memory.oom_control")).read_text()
        return int(dict(line.split() for line in text.splitlines())["oom_kill"])

    def close(self) -> None:
        self._ended.set()
        self._watcher.join()
        for one in sorted(self._group.rglob("cgroup.procs"), key=lambda each: -len(each.parts)):
            with contextlib.suppress(OSError):
                one.parent.rmdir()


def _child(pid: int) -> int:
    """The machine's first process: the descendant that sees itself as 1."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    for one in children.read_text().split() if children.exists() else ():
        status = Path(f"/proc/{one}/status").read_text()
        if "NSpid:\t" in status and status.split("NSpid:\t")[1].split("\n")[0].split()[-1] == "1":
            return int(one)
    return 0
