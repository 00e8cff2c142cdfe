"""What bin/test-install does with a fresh system: everything a person would do with install.sh, over real ports.

install_scenario.py BASE WORK: BASE is a debootstrapped directory, which is copied to WORK and booted there. BOOT=no
takes the stand-in for systemctl instead; SHORT=yes ends when mail was read, CUTS=no leaves out the
installations that are cut off; MEMORY_MIB is what the whole machine may use, 512 where left out.
"""

import contextlib
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from machines import Booted, Machine, Memory, StoodIn
from outside import (
    ADMIN,
    BEGAN,
    DOMAIN,
    HOST,
    PASSWORD,
    certificate_of_smtp,
    eventually,
    letter,
    sees_in_browser,
    status_of,
    streams,
    told,
)
from standin_acme import Authority
from werkzeug.security import generate_password_hash

HERE = Path(__file__).resolve().parents[2]
PORT = 20990
SHORT = os.environ.get("SHORT") == "yes"
OPTIONS = f"--yes --language en --tls internal --http-port {PORT}"


@cache
def packed() -> bytes:
    """Our files as they are when the first is needed: work goes on while this runs."""
    files = subprocess.run(["git", "ls-files", "-z"], cwd=HERE, capture_output=True, check=True).stdout
    return subprocess.run(
        ["tar", "--null", "-T", "-", "-c"], cwd=HERE, input=files, capture_output=True, check=True
    ).stdout


def checkout(machine: Machine, name: str, version: str = "") -> str:
    """Our files in the machine, as a clone would have them; with another version where one is given."""
    target = machine.root / "root" / name
    target.mkdir()
    subprocess.run(["tar", "-x", "-C", target], input=packed(), check=True)
    if version:
        (target / "mailapp/__init__.py").write_text(f'"""mailapp"""\n\n__version__ = "{version}"\n')
    return f"/root/{name}"


def authority(machine: Machine) -> Path:
    """The certificate of the machine's Caddy's own authority."""
    return machine.root / "var/lib/caddy/.local/share/caddy/pki/authorities/local/root.crt"


def answers(machine: Machine) -> bool:
    return status_of(authority(machine), "/healthz")[0] == 200


def browse(machine: Machine, subject: str, password: str = PASSWORD, address: str = ADMIN) -> None:
    sees_in_browser(machine.root.parent, subject, password, address)


def install(machine: Machine, at: str) -> None:
    dry = machine.run(f"cd {at} && ./install.sh --dry-run --domain {DOMAIN} --admin {ADMIN} {OPTIONS}").stdout
    assert "==> Firewall" in dry and not (machine.root / "opt/mailapp").exists()
    steps = [line for line in dry.splitlines() if line.startswith("==> ")]
    if not SHORT and os.environ.get("CUTS") != "no":
        beside_another_apt(machine, at)
        for step in steps[2:]:
            cut_off(machine, f"./install.sh --domain {DOMAIN} --admin {ADMIN} {OPTIONS} --take-port-25", at, step)
        told(f"cut off with SIGKILL at each of {len(steps) - 2} steps")
    said = machine.run(
        f"cd {at} && ./install.sh --domain {DOMAIN.upper()} --admin {ADMIN} {OPTIONS}",
        env={"INSTALL_PASSWORD": PASSWORD},
    ).stdout
    (machine.root.parent / "install.log").write_text(said)
    assert f"{DOMAIN}.                       MX    10 {HOST}." in said, said
    assert PASSWORD not in said
    told("and run to its end: well")


def beside_another_apt(machine: Machine, at: str) -> None:
    """While apt is busy bringing Exim, which then holds port 25: waited for, named, and not stopped unasked."""
    busy = machine.begin("apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y -q exim4-daemon-light")
    eventually(
        "the other apt at work", lambda: machine.run("grep -qsx apt-get /proc/[0-9]*/comm", check=False).returncode == 0
    )
    first = f"cd {at} && ./install.sh --domain {DOMAIN} --admin {ADMIN} {OPTIONS}"
    refused = machine.run(first, check=False, env={"INSTALL_PASSWORD": PASSWORD})
    assert busy.wait(300) == 0
    if machine.booted:
        assert refused.returncode == 1 and "exim4.service" in refused.stderr, refused
        assert machine.run("systemctl is-active exim4", check=False).stdout.strip() == "active"
        told("waited for another apt; Exim on port 25 named and left alone")


def cut_off(machine: Machine, command: str, at: str, where: str) -> None:
    """Killed with all it started when it says `where`, as when a connection is lost and then the machine."""
    running = machine.begin(
        f"cd {at} && INSTALL_PASSWORD='{PASSWORD}' setsid --wait bash -c 'echo $$; exec {command}' 2>&1"
    )
    assert running.stdout
    session = running.stdout.readline().strip()
    said = ""
    for line in running.stdout:
        said += line
        if line.startswith(where):
            break
    else:
        raise AssertionError(f"{command} never came to {where}:\n{said}")
    machine.run(f"for _ in {{1..500}}; do kill -KILL -- -{session} 2>/dev/null || break; sleep 0.02; done")
    running.wait(30)


def looks_right(machine: Machine) -> None:
    """Who runs it, what it may, and that HTTPS and the stream are as they should be."""
    pid = machine.run("systemctl show -p MainPID --value mailapp").stdout.strip()
    status = machine.run(f"cat /proc/{pid}/status; grep 'open files' /proc/{pid}/limits").stdout
    assert "Uid:\t0" not in status and "NoNewPrivs:\t1" in status, status
    assert not machine.booted or "Seccomp:\t2" in status, status
    assert "CapEff:\t0000000000000400" in status, status  # CAP_NET_BIND_SERVICE alone
    soft, hard = status.rpartition("Max open files")[2].split()[:2]
    assert soft == hard and int(hard) >= 20_000, status  # 65,536 where the machine's own limit allows it
    assert machine.run("stat -c '%a %U:%G' /etc/mailapp/mailapp.env /var/lib/mailapp").stdout.split() == [
        "640", "root:mailapp", "700", "mailapp:mailapp"
    ]  # fmt: skip
    exposure = "→ not asked of a stand-in"
    if machine.booted:
        exposure = machine.run("systemd-analyze security mailapp.service | tail -n 1").stdout
        assert float(exposure.split("mailapp.service:")[1].split()[0]) <= 2.0, exposure
    eventually("HTTPS", lambda: answers(machine))
    code, headers, _ = status_of(authority(machine), "/login")
    assert code == 200 and headers["content-encoding"] == "gzip" and "strict-transport-security" in headers, headers
    eventually("Caddy's certificate on port 25", lambda: "Caddy" in certificate_of_smtp())
    assert "/usr/sbin/nologin" in machine.run("getent passwd mailapp").stdout
    shown = subprocess.run(
        ["openssl", "s_client", "-connect", "127.0.0.1:443", "-servername", HOST, "-alpn", "h2"],
        input=b"", capture_output=True,
    ).stdout  # fmt: skip
    assert b"ALPN protocol: h2" in shown, shown
    told(f"runs as its own account, {exposure.split('→')[-1].strip()}; HTTPS; Caddy's certificate on port 25 too")


def renews(machine: Machine) -> None:
    """A new certificate in Caddy's store is on port 25 without anybody doing anything; then the old one again."""
    store = machine.root / f"var/lib/caddy/.local/share/caddy/certificates/local/{HOST}"
    names = [store / f"{HOST}.key", store / f"{HOST}.crt"]
    before = [one.read_bytes() for one in names]
    key, certificate = (machine.root.parent / name for name in ("new.key", "new.crt"))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "90"]
        + ["-subj", "/CN=renewed", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    for renewed, expected in ((key.read_bytes(), certificate.read_bytes()), "renewed"), (before, "Caddy"):
        for file, content in zip(names, renewed, strict=True):
            new = file.with_suffix(".new")
            new.write_bytes(content)
            new.replace(file)  # in one move, as Caddy does
        eventually(
            f"the certificate of {expected} on port 25", lambda expected=expected: expected in certificate_of_smtp()
        )
    told("a renewed certificate is on port 25 by itself")


def upgrades(machine: Machine, first: str) -> None:
    """To a good release, from a bad one back by itself, and back by hand; the mail is there throughout."""
    again = machine.run(f"cd {first} && ./install.sh upgrade --language en").stdout
    assert "in use already" in again, again
    before = machine.run("readlink /opt/mailapp/current").stdout
    second = checkout(machine, "second", "77.1")
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0"}
    cut = machine.run(f"cd {second} && ./install.sh upgrade --language en", check=False, env=nowhere)
    assert cut.returncode == 1 and "PIP_INDEX_URL" in cut.stderr, cut
    assert not (machine.root / "opt/mailapp/releases/77.1").exists() and answers(machine)
    told("an upgrade without the package index changes nothing and says what to look at")
    cut_off(machine, "./install.sh upgrade --language en", second, "==> Changing to")
    cut_off(machine, "./install.sh upgrade --language en", second, "==> Units")
    machine.run(f"cd {second} && ./install.sh upgrade --language en")
    assert machine.run("readlink /opt/mailapp/previous").stdout == before
    assert machine.run("readlink /opt/mailapp/current").stdout.strip() == "/opt/mailapp/releases/77.1"
    assert list((machine.root / "var/lib/mailapp/backups").glob("before-77.1-*")), "no backup"
    browse(machine, "验证码 first")
    told("upgraded to 77.1 with a backup, after being killed twice on the way")
    broken = checkout(machine, "broken", "77.2")
    serve = machine.root / broken[1:] / "mailapp/commands/serve.py"
    text = serve.read_text()
    assert "    settings = config.load()" in text
    serve.write_text(text.replace("    settings = config.load()", '    raise SystemExit("this release is broken")'))
    failed = machine.run(f"cd {broken} && ./install.sh upgrade --language en", check=False)
    assert failed.returncode == 1 and "77.1 runs as before" in failed.stderr, failed
    assert machine.run("readlink /opt/mailapp/current").stdout.strip() == "/opt/mailapp/releases/77.1"
    letter("after the broken one")
    told("a release that does not start: back to 77.1 by itself")
    machine.run("/opt/mailapp/current/installer/install.sh rollback --language en")
    now = machine.run("readlink /opt/mailapp/current").stdout.strip()
    assert not now.endswith("77.1"), now
    once_more = machine.run("/opt/mailapp/current/installer/install.sh rollback --language en").stdout
    assert "no release before" in once_more and machine.run("readlink /opt/mailapp/current").stdout.strip() == now
    browse(machine, "after the broken one")
    state = machine.run("/opt/mailapp/current/installer/install.sh status --language en").stdout
    assert '"status":"ok"' in state.replace(" ", "") and "service: active" in state, state
    told("rolled back over the same data; a second time changes nothing")


def timers(machine: Machine) -> None:
    for _ in range(2):
        machine.run("systemctl start mailapp-backup.service")
        made = list((machine.root / "var/lib/mailapp/backups").glob("mailapp-*"))
        assert len(made) == 1, made
    machine.run("systemctl start mailapp-check.service", check=False)  # says that there is no DNS record, with 1
    assert f"{DOMAIN}.  MX  10 {HOST}." in machine.run("journalctl -u mailapp-check --no-pager -o cat").stdout
    waiting = machine.run("systemctl list-timers --no-pager 'mailapp-*'").stdout
    assert all(name in waiting for name in ("mailapp-backup", "mailapp-check", "mailapp-certificate")), waiting
    told("the nightly backup and the daily check work, three timers wait")


def crashes(machine: Machine) -> None:
    """Killed, it comes back; hanging, the watchdog would be next (its word is tested in tests/test_supervision.py)."""
    pid = machine.run("systemctl show -p MainPID --value mailapp").stdout.strip()
    machine.run(f"kill -KILL {pid}")
    eventually("back after a kill", lambda: answers(machine))
    assert machine.run("systemctl show -p MainPID --value mailapp").stdout.strip() not in (pid, "0")
    told("killed, it comes back by itself")


def goes_and_comes(machine: Machine, at: str) -> None:
    said = machine.run("bash /opt/mailapp/current/installer/install.sh uninstall --yes --language en").stdout
    assert "/var/lib/mailapp" in said, said
    assert not (machine.root / "opt/mailapp").exists() and (machine.root / "var/lib/mailapp/emails.db").exists()
    assert not list((machine.root / "etc/systemd/system").glob("mailapp*"))
    with contextlib.suppress(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", 25), timeout=5).close()
        raise AssertionError("port 25 is still served")
    machine.run("cd / && bash /root/first/install.sh uninstall --yes --language en")
    machine.run(
        f"cd {at} && ./install.sh --yes --language en"
    )  # all it was told before is in the settings that were kept
    eventually("HTTPS again", lambda: answers(machine))
    browse(machine, "验证码 first")
    told("uninstalled, installed again over the data that was kept")


def moves_the_original(machine: Machine, at: str) -> None:
    """The original with its two services and a user of an old hash, on a machine where nothing of ours is left."""
    machine.run(f"bash {at}/install.sh uninstall --purge --yes --language en")
    machine.run("rm -rf /var/lib/caddy/.local/share/caddy/certificates/localhost*")
    assert not (machine.root / "var/lib/mailapp").exists() and not (machine.root / "etc/mailapp").exists()
    home = machine.root / "opt/mail_api"
    home.mkdir()
    with contextlib.closing(sqlite3.connect(home / "emails.db")) as db:
        db.execute(
            "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT UNIQUE NOT NULL, password_hash TEXT NOT NULL)"
        )
        db.execute(
            "CREATE TABLE received_emails (id INTEGER PRIMARY KEY, recipient TEXT, sender TEXT, subject TEXT,"
            " body TEXT, body_type TEXT, timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, is_read BOOLEAN DEFAULT 0)"
        )
        db.execute(
            "INSERT INTO users (email, password_hash) VALUES (?, ?)",
            (f"ana@{DOMAIN}", generate_password_hash("ana123")),
        )
        db.execute(
            "INSERT INTO received_emails (recipient, sender, subject, body, body_type) VALUES (?, ?, ?, ?, ?)",
            (f"ana@{DOMAIN}", "noreply@shop.example", "来自原项目", "<p>验证码 135790</p>", "text/html"),
        )
        db.commit()
    for name, command in (
        (
            "mail-smtp",
            # a stand-in does not know whose port it is
            "/usr/bin/python3 -c 'import socket,time; s=socket.create_server((\"0.0.0.0\", 25)); time.sleep(1e6)'"
            if machine.booted
            else "/bin/sleep infinity",
        ),
        ("mail-api", "/bin/sleep infinity"),
    ):
        unit = f"[Service]\nExecStart={command}\nRestart=always\n[Install]\nWantedBy=multi-user.target\n"
        (machine.root / f"etc/systemd/system/{name}.service").write_text(unit)
    site = machine.root / "etc/caddy/conf.d/mail_server.caddy"
    site.write_text(f"{HOST} {{\n    encode gzip\n    reverse_proxy 127.0.0.1:2099\n    tls internal\n}}\n")
    machine.run("systemctl daemon-reload && systemctl enable --now mail-smtp mail-api")
    before = (home / "emails.db").read_bytes()
    options = f"--domain {DOMAIN} --admin {ADMIN} --yes --language en --tls internal --http-port {PORT}"
    if machine.booted:
        refused = machine.run(f"cd {at} && ./install.sh {options}", check=False, env={"INSTALL_PASSWORD": PASSWORD})
        assert refused.returncode == 1 and "mail-smtp.service" in refused.stderr, refused
    for _ in range(2):
        machine.run(f"cd {at} && ./install.sh migrate-original {options}", env={"INSTALL_PASSWORD": PASSWORD})
        assert (home / "emails.db").read_bytes() == before
    assert machine.run("systemctl is-active mail-smtp mail-api", check=False).stdout.split() == ["inactive", "inactive"]
    eventually("HTTPS after the move", lambda: answers(machine))
    for _ in range(2):  # the old hash, then the new one
        browse(machine, "来自原项目", "ana123", f"ana@{DOMAIN}")
    with contextlib.closing(sqlite3.connect(f"file:{machine.root}/var/lib/mailapp/emails.db?mode=ro", uri=True)) as db:
        assert db.execute("SELECT count(*) FROM messages WHERE subject = '来自原项目'").fetchone() == (1,)
        hashed = db.execute("SELECT password_hash FROM accounts WHERE address = ?", (f"ana@{DOMAIN}",)).fetchone()[0]
    assert hashed.startswith("$2b$"), hashed
    told("the original moved over with its mail; its user logs in with the old password, which is bcrypt now")


def gets_a_public_certificate(machine: Machine, at: str) -> None:
    """From an authority that asks for proof over port 80 or 443, as Let's Encrypt does; then STARTTLS shows it."""
    if not Authority.is_there():
        told("no Pebble on this machine: no authority to get a certificate from")
        return
    with Authority(machine.root) as acme:
        # beside those that are trusted, which may be more than the distribution's here; Caddy reads them when it starts
        machine.run(f"cat {acme.certificate} >>/etc/ssl/certs/ca-certificates.crt && systemctl restart caddy")
        machine.run(f"cd {at} && ./install.sh --yes --language en --tls {acme.directory}")
        eventually("the authority's certificate on port 25", lambda: "Pebble" in certificate_of_smtp(), 60)
    told("a certificate by ACME, on port 25 as well")


def used(machine: Machine, when: str) -> None:
    if machine.memory:
        told(
            f"memory {when}: {machine.memory.held_mib():.0f} MiB held now, {machine.memory.peak_mib:.0f} at most so far"
        )


@contextlib.contextmanager
def up(base: Path, work: Path) -> Iterator[Machine]:
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    memory = Memory.of(int(os.environ.get("MEMORY_MIB", "512")))
    kind = StoodIn if os.environ.get("BOOT") == "no" else Booted
    machine = kind(base, work / "root", memory)
    try:
        machine.boot()
        yield machine
        if memory:
            assert memory.kills() == 0, "something was ended for want of memory"
            told(f"at most {memory.peak_mib:.0f} of {memory.limit_mib} MiB held, nothing ended for want of memory")
        assert not machine.refusals(), machine.refusals()
    finally:
        machine.halt()
        if memory:
            memory.close()


def main() -> None:
    with up(Path(sys.argv[1]), Path(sys.argv[2])) as machine:
        release = (machine.root / "etc/os-release").read_text().split('PRETTY_NAME="')[1].split('"')[0]
        told(f"{release} {'with its own systemd' if machine.booted else 'with a stand-in for systemctl'} is up")
        first = checkout(machine, "first")
        install(machine, first)
        looks_right(machine)
        letter("验证码 first")
        browse(machine, "验证码 first")
        told("mail in over STARTTLS, login in Chromium over HTTPS, a letter live on the page")
        streams(authority(machine))
        used(machine, "after the installation")
        if SHORT:
            return
        renews(machine)
        timers(machine)
        crashes(machine)
        upgrades(machine, first)
        used(machine, "with the upgrade and its backup")
        goes_and_comes(machine, first)
        gets_a_public_certificate(machine, first)
        moves_the_original(machine, first)
    print(json.dumps({"passed": release, "seconds": round(time.monotonic() - BEGAN)}))


if __name__ == "__main__":
    main()
