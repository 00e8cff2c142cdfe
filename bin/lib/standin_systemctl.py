#!/usr/bin/python3
"""systemctl (and journalctl) for a machine whose systemd cannot run: bin/test-install puts it there.

It refuses what it was never asked before and units it does not understand, so that it tests who asks; and it starts
what a unit says under the user, the groups, the capabilities and the limits the unit says. What only systemd can do
(its namespaces, system call filters, control groups) is left out: a booted machine shows that.
"""

import contextlib
import itertools
import os
import re
import resource
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

STATE = Path("/run/standin")
PLACES = (Path("/etc/systemd/system"), Path("/lib/systemd/system"), Path("/usr/lib/systemd/system"))
ENABLED = Path("/etc/systemd/system/standin.enabled")
SECTIONS = {
    "Unit": {"Description", "Documentation", "Wants", "After", "Requires", "StartLimitIntervalSec", "StartLimitBurst"},
    "Timer": {"OnCalendar", "RandomizedDelaySec", "Persistent"},
    "Path": {"PathChanged"},
    "Install": {"WantedBy"},
    "Service": {
        "Type", "NotifyAccess", "User", "Group", "EnvironmentFile", "WorkingDirectory", "ExecStart", "ExecReload",
        "TimeoutStartSec", "TimeoutStopSec", "WatchdogSec", "Restart", "RestartSec", "StateDirectory", "UMask", "Nice",
        "StateDirectoryMode", "LimitNOFILE", "LimitNPROC", "TasksMax", "MemoryHigh", "MemoryMax", "PrivateNetwork",
        "AmbientCapabilities", "CapabilityBoundingSet", "NoNewPrivileges", "ProtectSystem", "ProtectHome", "PrivateTmp",
        "PrivateDevices", "DevicePolicy", "ProtectProc", "ProcSubset", "ProtectClock", "ProtectControlGroups",
        "ProtectHostname", "ProtectKernelLogs", "ProtectKernelModules", "ProtectKernelTunables", "InaccessiblePaths",
        "KeyringMode", "LockPersonality", "MemoryDenyWriteExecute", "RemoveIPC", "RestrictAddressFamilies",
        "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID", "SystemCallArchitectures", "SystemCallFilter",
        "SystemCallErrorNumber", "ReadWritePaths", "IOSchedulingClass",
    },
}  # fmt: skip


def refuse(what: str) -> "None":
    with Path("/standin.refused").open("a") as log:
        log.write(f"{shlex.join(sys.argv[1:])}: {what}\n")
    sys.exit(f"stand-in for systemctl: {what}")


def runs(pid: str) -> bool:
    """Whether there is such a process and it has not ended."""
    with contextlib.suppress(OSError):
        return bool(pid) and Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


class Unit:
    """One unit file: its settings in order, and where its processes are noted."""

    def __init__(self, name: str) -> None:
        self.name = name = name if "." in name else f"{name}.service"
        self.file = next((place / name for place in PLACES if (place / name).exists()), None)
        self.state = STATE / name
        self.settings: list[tuple[str, str]] = []
        if self.file:
            self._read(self.file)

    def _read(self, file: Path) -> None:
        section = ""
        for line in file.read_text().replace("\\\n", " ").splitlines():
            text = line.strip()
            if not text or text[0] in "#;":
                continue
            if text[0] == "[":
                section = text.strip("[]")
                continue
            key, equals, value = text.partition("=")
            known = SECTIONS.get(section, set())
            if not equals or (key not in known and self.name.startswith("mailapp")):
                refuse(f"{file}: {text!r} in [{section}]")
            self.settings.append((key, value))

    def all(self, key: str) -> list[str]:
        return [value for name, value in self.settings if name == key]

    def get(self, key: str, otherwise: str = "") -> str:
        return (self.all(key) or [otherwise])[-1]

    def seconds(self, key: str, otherwise: str) -> float:
        units = {"": 1, "s": 1, "min": 60, "h": 3600, "ms": 0.001}
        return sum(float(n) * units[u] for n, u in re.findall(r"([\d.]+)\s*(ms|min|s|h|)", self.get(key, otherwise)))

    def note(self, what: str) -> str:
        file = self.state / what
        return file.read_text().strip() if file.exists() else ""

    def write(self, what: str, text: str) -> None:
        self.state.mkdir(parents=True, exist_ok=True)
        (self.state / f".{what}").write_text(text)
        (self.state / f".{what}").replace(self.state / what)

    @property
    def active(self) -> bool:
        return runs(self.note("keeper")) and self.note("state") in ("active", "starting")


def prefix(unit: Unit) -> list[str]:
    """setpriv with the user, the groups and the capabilities of the unit."""
    command = ["setpriv"]
    if unit.get("User"):
        command += ["--reuid", unit.get("User"), "--regid", unit.get("Group") or unit.get("User"), "--init-groups"]
    for key, flags in (
        ("CapabilityBoundingSet", ["--bounding-set"]),
        ("AmbientCapabilities", ["--inh-caps", "--ambient-caps"]),
    ):
        if unit.all(key):
            names = " ".join(unit.all(key)).lower().split()
            for flag in flags:
                command += [flag, ",".join(["-all", *(name.replace("cap_", "+", 1) for name in names)])]
    if unit.get("NoNewPrivileges") == "yes":
        command += ["--no-new-privs"]
    return command if len(command) > 1 else []


def become(unit: Unit, line: str) -> None:
    """The program of the unit, as its user and with its limits, in place of this process."""
    os.umask(int(unit.get("UMask", "0022"), 8))
    wanted = int(unit.get("LimitNOFILE", "1024").replace("infinity", "1048576"))
    # this machine's own limit may be lower, and only a privilege raises it
    hard = min(wanted, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    os.nice(int(unit.get("Nice", "0")))
    if unit.get("WorkingDirectory"):
        os.chdir(unit.get("WorkingDirectory"))
    command = [*prefix(unit), *shlex.split(line)]
    os.execvp(command[0], command)


def environment(unit: Unit) -> dict[str, str]:
    found = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
    user = unit.get("User")
    if user:
        home = subprocess.run(["getent", "passwd", user], capture_output=True, text=True, check=True).stdout
        found |= {"HOME": home.split(":")[5], "USER": user, "LOGNAME": user}
    for name in unit.all("EnvironmentFile"):
        for line in Path(name.lstrip("-")).read_text().splitlines():
            if line.strip() and line[0] not in "#;":
                key, _, value = line.partition("=")
                found[key] = value.strip().strip('"')
    return found


def spawn(unit: Unit, line: str, extra: dict[str, str]) -> "subprocess.Popen[bytes]":
    log = (unit.state / "log").open("ab")
    if unit.get("StateDirectory"):
        home = Path("/var/lib") / unit.get("StateDirectory")
        home.mkdir(exist_ok=True)
        home.chmod(int(unit.get("StateDirectoryMode", "0755"), 8))
    held = environment(unit) | extra
    return subprocess.Popen(
        [sys.executable, __file__, "--become", unit.name, line], env=held, stdin=subprocess.DEVNULL, stdout=log,
        stderr=log, start_new_session=True,
    )  # fmt: skip


def keep(unit: Unit) -> None:
    """The process behind an active service: starts it, hears that it is ready, starts it again, ends it."""
    stopping = False
    process: subprocess.Popen[bytes] | None = None

    def end(*_: object) -> None:
        nonlocal stopping
        stopping = True
        if process:
            process.terminate()

    signal.signal(signal.SIGTERM, end)
    address = str(unit.state / "notify")
    Path(address).unlink(missing_ok=True)
    heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    heard.bind(address)
    Path(address).chmod(0o777)
    for parent in (unit.state, STATE):
        parent.chmod(0o755)
    heard.settimeout(0.1)
    quick = 0
    watchdog = unit.seconds("WatchdogSec", "0")
    while not stopping:
        began = last = time.monotonic()
        extra = {"NOTIFY_SOCKET": address}
        if watchdog:
            extra["WATCHDOG_USEC"] = str(int(watchdog * 1e6))
        process = spawn(unit, unit.get("ExecStart"), extra)
        unit.write("pid", str(process.pid))
        if unit.get("Type", "simple") != "notify":
            unit.write("state", "active")
        while process.poll() is None:
            with contextlib.suppress(TimeoutError):
                said = heard.recv(4096)
                last = time.monotonic()
                if b"READY=1" in said:
                    unit.write("state", "active")
            if watchdog and unit.note("state") == "active" and time.monotonic() - last > watchdog:
                process.send_signal(signal.SIGABRT)
        quick = quick + 1 if time.monotonic() - began < 5 else 0
        if stopping or unit.get("Restart", "no") == "no" or quick > 10:
            break
        unit.write("state", "starting")
        time.sleep(unit.seconds("RestartSec", "100ms"))
    unit.write("state", "inactive" if stopping else "failed")


def watch(unit: Unit) -> None:
    """The process behind an active path unit."""
    unit.write("state", "active")
    service = unit.name.removesuffix(".path") + ".service"
    seen = None
    while True:
        now = []
        for name in unit.all("PathChanged"):
            with contextlib.suppress(OSError):
                now += [(name, Path(name).stat().st_mtime_ns)]
        if seen is not None and now != seen:
            subprocess.run([__file__, "start", service], check=False)
        seen = now
        time.sleep(0.5)


def start(name: str) -> None:
    unit = Unit(name)
    if not unit.file:
        sys.exit(f"Failed to start {name}: Unit {name} not found.")
    reloaded = STATE / "reloaded"
    if unit.file.stat().st_mtime > (reloaded.stat().st_mtime if reloaded.exists() else 0) and name[:7] == "mailapp":
        refuse(f"{unit.file} changed since the last daemon-reload")
    if unit.active:
        return
    unit.state.mkdir(parents=True, exist_ok=True)
    if unit.get("Type") == "oneshot":
        unit.write("state", "active")
        code = spawn(unit, unit.get("ExecStart"), {}).wait(3600)
        unit.write("state", "inactive" if code == 0 else "failed")
        if code:
            sys.exit(f"Job for {name} failed.")
        return
    unit.write("state", "starting")
    what = "--keep" if name.endswith(".service") else "--watch"
    keeper = subprocess.Popen(
        [sys.executable, __file__, what, name], stdin=subprocess.DEVNULL, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=(unit.state / "log").open("ab"),
    )  # fmt: skip
    unit.write("keeper", str(keeper.pid))
    until = time.monotonic() + unit.seconds("TimeoutStartSec", "90s")
    while time.monotonic() < until:
        state = unit.note("state")
        if state == "active":
            unit.write("since", time.strftime("%a %Y-%m-%d %H:%M:%S UTC", time.gmtime()))
            return
        if state == "failed" or keeper.poll() is not None:
            break
        time.sleep(0.05)
    sys.exit(f"Job for {name} failed.")


def stop(name: str) -> None:
    unit = Unit(name)
    if not unit.active:
        return
    keeper, until = unit.note("keeper"), time.monotonic() + unit.seconds("TimeoutStopSec", "90s")
    with contextlib.suppress(ProcessLookupError):
        os.kill(int(keeper), signal.SIGTERM)
    while runs(keeper) and time.monotonic() < until:
        time.sleep(0.05)
    for one in (unit.note("pid"), keeper):
        if runs(one):
            os.kill(int(one), signal.SIGKILL)
            with Path("/standin.refused").open("a") as log:
                log.write(f"{name} did not stop in time\n")
    unit.write("state", "inactive")


def reload(name: str) -> None:
    unit = Unit(name)
    if not unit.active or not unit.get("ExecReload"):
        sys.exit(f"Failed to reload {name}: it is not active, or knows no reloading.")
    code = spawn(unit, unit.get("ExecReload").replace("$MAINPID", unit.note("pid")), {}).wait(90)
    sys.exit(code) if code else None


def enable(names: list[str], on: bool) -> None:
    held = set(ENABLED.read_text().split()) if ENABLED.exists() else set()
    for name in names:
        unit = Unit(name)
        if not unit.file:
            sys.exit(f"Failed to {'enable' if on else 'disable'} unit: Unit file {name} does not exist.")
        if on and not unit.all("WantedBy"):
            refuse(f"{name} has nothing that wants it")
    held = held | set(names) if on else held - set(names)
    ENABLED.write_text("\n".join(sorted(held)) + "\n")


def show(arguments: list[str]) -> None:
    if arguments[0] != "-p" or arguments[2] != "--value":
        refuse("show")
    unit = Unit(arguments[3])
    pid = unit.note("pid") if unit.active else "0"
    print({"MainPID": pid, "ActiveEnterTimestamp": unit.note("since"), "MemoryMax": "not limited here"}[arguments[1]])


def systemctl(arguments: list[str]) -> None:
    verb, flags = arguments[0], {one for one in arguments[1:] if one in ("--quiet", "--now", "--no-pager")}
    rest = [one for one in arguments[1:] if one not in flags]
    names = [name for name in rest if "*" not in name]
    if verb in ("enable", "disable"):
        enable(names, verb == "enable")
    if verb in ("start", "restart", "stop", "reload", "reload-or-restart") or "--now" in flags:
        for name in names:
            named = Unit(name).name
            if verb in ("stop", "restart", "disable"):
                stop(named)
            if verb == "reload" or (verb == "reload-or-restart" and Unit(named).active):
                reload(named)
            elif verb not in ("stop", "disable"):
                start(named)
    elif verb == "is-active":
        states = [Unit(name) for name in names]
        if "--quiet" not in flags:
            print("\n".join("active" if unit.active else unit.note("state") or "inactive" for unit in states))
        sys.exit(0 if any(unit.active for unit in states) else 3)
    elif verb == "daemon-reload":
        (STATE / "reloaded").write_text("")
    elif verb == "show":
        show(rest)
    elif verb == "list-timers":
        print("\n".join(one.name for one in STATE.glob("*.timer") if Unit(one.name).active))
    elif verb not in ("enable", "disable", "reset-failed"):
        refuse(f"{verb} is not known here")


def journal(arguments: list[str]) -> None:
    names = [value for flag, value in itertools.pairwise(arguments) if flag == "-u"]
    for name in names:
        log = Unit(name).state / "log"
        if log.exists():
            print("\n".join(log.read_text(errors="replace").splitlines()[-40:]))


def main() -> None:
    STATE.mkdir(parents=True, exist_ok=True)
    arguments = sys.argv[1:]
    if Path(sys.argv[0]).name == "journalctl":
        journal(arguments)
    elif arguments[0] == "--become":
        become(Unit(arguments[1]), arguments[2])
    elif arguments[0] == "--keep":
        keep(Unit(arguments[1]))
    elif arguments[0] == "--watch":
        watch(Unit(arguments[1]))
    else:
        systemctl(arguments)


if __name__ == "__main__":
    main()
