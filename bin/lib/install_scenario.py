"""What bin/test-install does with a fresh system: everything a person would do with install.sh, over real ports.

install_scenario.py BASE WORK: BASE is a debootstrapped directory, which is copied to WORK and booted there.
"""

import contextlib
import http.client
import json
import os
import shutil
import signal
import smtplib
import socket
import sqlite3
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from functools import cache
from pathlib import Path

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import sync_playwright
from werkzeug.security import generate_password_hash

HERE = Path(__file__).resolve().parents[2]
HOST, DOMAIN, ADMIN, PASSWORD = "mail.example.com", "example.com", "lin@example.com", "correct horse battery"
PORT = 20990
CANNOT_BOOT = 77


class Machine:
    """A booted system whose network is this machine's, so that its ports are reached on loopback."""

    def __init__(self, base: Path, root: Path) -> None:
        self.root = root
        self._copy(base)
        self._log = (root.parent / "console.log").open("wb")
        self._nspawn = subprocess.Popen(
            ["systemd-nspawn", "--quiet", "--directory", str(root), "--keep-unit", "--register=no", "--boot"]
            + [f"--resolv-conf={'bind-host' if Path('/etc/resolv.conf').exists() else 'off'}", "--timezone=off"],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        self._init = 0

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

    def boot(self) -> None:
        """Wait until its systemd has started what it starts. Exits with CANNOT_BOOT where it does not."""
        until = time.monotonic() + 60
        while time.monotonic() < until and self._nspawn.poll() is None:
            self._init = self._init or _child(self._nspawn.pid)
            if self._init:
                state = self.run("systemctl is-system-running", check=False).stdout.strip()
                if state in ("running", "degraded"):
                    return
            time.sleep(0.3)
        self.halt()
        sys.exit(CANNOT_BOOT)

    def run(
        self, command: str, *, check: bool = True, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a line of shell in it as root."""
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
        done = subprocess.run(
            ["nsenter", "--target", str(self._init), "--mount", "--uts", "--ipc", "--pid", "--cgroup", "--wdns=/root"]
            + ["bash", "-c", command],
            env={**kept, **inside, **(env or {})}, capture_output=True,
            text=True, timeout=900, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if check and done.returncode != 0:
            log = self.run("journalctl -n 40 --no-pager -u mailapp -u caddy", check=False).stdout
            raise AssertionError(f"{command}\n{done.stdout}\n{done.stderr}\n{log}")
        return done

    def halt(self) -> None:
        if self._init:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._init, signal.SIGRTMIN + 4)  # systemd's word for power off
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._nspawn.wait(40)
        if self._nspawn.poll() is None:
            self._nspawn.kill()
            self._nspawn.wait(20)
        self._log.close()


def _child(pid: int) -> int:
    """The container's first process: the child of nspawn's that sees itself as 1."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    for one in children.read_text().split() if children.exists() else ():
        status = Path(f"/proc/{one}/status").read_text()
        if "NSpid:\t" in status and status.split("NSpid:\t")[1].split("\n")[0].split()[-1] == "1":
            return int(one)
    return 0


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


def letter(subject: str, to: str = f"shop@{DOMAIN}") -> None:
    """A letter over SMTP on port 25, with STARTTLS."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "code@shop.example", to, subject
    message.set_content("验证码 482913，五分钟内有效。")
    with smtplib.SMTP("127.0.0.1", 25, timeout=20) as server:
        server.starttls(context=ssl._create_unverified_context())
        server.send_message(message)


def certificate_of_smtp() -> str:
    """Who signed the certificate STARTTLS shows."""
    with smtplib.SMTP("127.0.0.1", 25, timeout=20) as server:
        server.starttls(context=ssl._create_unverified_context())
        assert isinstance(server.sock, ssl.SSLSocket)
        shown = server.sock.getpeercert(binary_form=True)
    assert shown is not None
    found = subprocess.run(
        ["openssl", "x509", "-noout", "-issuer"], input=ssl.DER_cert_to_PEM_cert(shown), capture_output=True, text=True
    )
    return found.stdout


class Pages(http.client.HTTPSConnection):
    """HTTPS to the machine, trusting the authority of its Caddy and nobody else."""

    def __init__(self, machine: Machine) -> None:
        authority = machine.root / "var/lib/caddy/.local/share/caddy/pki/authorities/local/root.crt"
        super().__init__(HOST, 443, timeout=20, context=ssl.create_default_context(cafile=str(authority)))

    def connect(self) -> None:
        raw = socket.create_connection(("127.0.0.1", 443), timeout=20)
        self.sock = self._context.wrap_socket(raw, server_hostname=HOST)  # type: ignore[attr-defined]


def status_of(machine: Machine, path: str) -> tuple[int, dict[str, str], bytes]:
    pages = Pages(machine)
    pages.request("GET", path, headers={"Accept-Encoding": "gzip"})
    answer = pages.getresponse()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


def eventually(what: str, holds: Callable[[], object], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while True:
        error: Exception | None = None
        try:
            if holds():
                return
        except (OSError, http.client.HTTPException) as caught:
            error = caught
        assert time.monotonic() < until, f"{what}: not within {seconds} s ({error})"
        time.sleep(0.3)


def subjects_in_browser(subject: str, password: str = PASSWORD, address: str = ADMIN) -> None:
    """Log in with Chromium over HTTPS, see the subject; then see another one arrive while the page is open."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", f"--host-resolver-rules=MAP {HOST} 127.0.0.1"],
        )
        page = browser.new_context(ignore_https_errors=True).new_page()
        page.goto(f"https://{HOST}/login")
        page.fill("input[name=address]", address)
        page.fill("input[name=password]", password)
        page.locator("form").filter(has=page.locator("input[name=password]")).locator(
            "button[type=submit], button:not([type])"
        ).first.click()
        page.wait_for_url("**/mail/inbox*", timeout=20_000)
        rows = page.locator("#message-list")
        try:
            rows.filter(has_text=subject).wait_for(timeout=10_000)
        except PlaywrightError:
            page.screenshot(path=str(Path(sys.argv[2]) / "page.png"))
            raise
        letter(f"live after {subject}", address)
        rows.filter(has_text=f"live after {subject}").wait_for(timeout=10_000)
        browser.close()


def told(text: str) -> None:
    print(f"  {time.monotonic() - BEGAN:6.1f} s  {text}", flush=True)


def install(machine: Machine, at: str) -> None:
    options = f"--yes --language en --tls internal --http-port {PORT}"
    dry = machine.run(f"cd {at} && ./install.sh --dry-run --domain {DOMAIN} --admin {ADMIN} {options}").stdout
    assert "==> Firewall" in dry and not (machine.root / "opt/mailapp").exists()
    said = machine.run(
        f"cd {at} && ./install.sh --domain {DOMAIN} --admin {ADMIN} {options}", env={"INSTALL_PASSWORD": PASSWORD}
    ).stdout
    (machine.root.parent / "install.log").write_text(said)
    assert f"{DOMAIN}.                       MX    10 {HOST}." in said, said
    assert PASSWORD not in said
    told("install.sh ended well")


def looks_right(machine: Machine) -> None:
    """Who runs it, what it may, and that HTTPS and the stream are as they should be."""
    pid = machine.run("systemctl show -p MainPID --value mailapp").stdout.strip()
    status = machine.run(f"cat /proc/{pid}/status; grep 'open files' /proc/{pid}/limits").stdout
    assert "Uid:\t0" not in status and "NoNewPrivs:\t1" in status and "Seccomp:\t2" in status, status
    assert "CapEff:\t0000000000000400" in status, status  # CAP_NET_BIND_SERVICE alone
    soft, hard = status.rpartition("Max open files")[2].split()[:2]
    assert soft == hard and int(hard) >= 20_000, status  # 65,536 where the machine's own limit allows it
    assert machine.run("stat -c '%a %U:%G' /etc/mailapp/mailapp.env /var/lib/mailapp").stdout.split() == [
        "640", "root:mailapp", "700", "mailapp:mailapp"
    ]  # fmt: skip
    exposure = machine.run("systemd-analyze security mailapp.service | tail -n 1").stdout
    assert float(exposure.split("mailapp.service:")[1].split()[0]) <= 2.0, exposure
    eventually("HTTPS", lambda: status_of(machine, "/healthz")[0] == 200)
    code, headers, _ = status_of(machine, "/login")
    assert code == 200 and headers["content-encoding"] == "gzip" and "strict-transport-security" in headers, headers
    eventually("Caddy's certificate on port 25", lambda: "Caddy" in certificate_of_smtp())
    told(f"runs as its own account, {exposure.split('→')[-1].strip()}; HTTPS; Caddy's certificate on port 25 too")


def streams(machine: Machine, cookie: str) -> None:
    """An event comes through Caddy the moment it happens, uncompressed."""
    pages = Pages(machine)
    pages.request("GET", "/events", headers={"Accept-Encoding": "gzip", "Cookie": cookie})
    answer = pages.getresponse()
    assert answer.status == 200 and not answer.getheader("content-encoding"), answer.getheaders()
    began = time.monotonic()
    letter("over the stream", ADMIN)
    seen = b""
    while b"over the stream" not in seen:
        seen += answer.read1(65_536)
        assert time.monotonic() - began < 10
    pages.close()
    told(
        f"an event came through Caddy uncompressed {1000 * (time.monotonic() - began):.0f} ms after a letter was begun"
    )


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


def logged_in(machine: Machine) -> str:
    pages = Pages(machine)
    form = f"address={ADMIN.replace('@', '%40')}&password={PASSWORD.replace(' ', '+')}"
    pages.request(
        "POST", "/login", form, {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"https://{HOST}"}
    )
    answer = pages.getresponse()
    assert answer.status == 303, (answer.status, answer.read()[:300])
    return "; ".join(value.split(";")[0] for name, value in answer.getheaders() if name.lower() == "set-cookie")


def upgrades(machine: Machine, first: str) -> None:
    """To a good release, from a bad one back by itself, and back by hand; the mail is there throughout."""
    again = machine.run(f"cd {first} && ./install.sh upgrade --language en").stdout
    assert "in use already" in again, again
    second = checkout(machine, "second", "77.1")
    machine.run(f"cd {second} && ./install.sh upgrade --language en")
    assert machine.run("readlink /opt/mailapp/current").stdout.strip() == "/opt/mailapp/releases/77.1"
    assert list((machine.root / "var/lib/mailapp/backups").glob("before-77.1-*")), "no backup"
    subjects_in_browser("验证码 first")
    told("upgraded to 77.1, with a backup")
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
    subjects_in_browser("after the broken one")
    state = machine.run("/opt/mailapp/current/installer/install.sh status --language en").stdout
    assert '"status":"ok"' in state.replace(" ", "") and "service: active" in state, state
    told("rolled back over the same data; a second time changes nothing")


def timers(machine: Machine) -> None:
    for _ in range(2):
        machine.run("systemctl start mailapp-backup.service")
        made = list((machine.root / "var/lib/mailapp/backups").glob("mailapp-*"))
        assert len(made) == 1, made
    waiting = machine.run("systemctl list-timers --no-pager 'mailapp-*'").stdout
    assert all(name in waiting for name in ("mailapp-backup", "mailapp-check", "mailapp-certificate")), waiting
    told("the nightly backup works, three timers wait")


def crashes(machine: Machine) -> None:
    """Killed, it comes back; hanging, the watchdog would be next (its word is tested in tests/test_supervision.py)."""
    pid = machine.run("systemctl show -p MainPID --value mailapp").stdout.strip()
    machine.run(f"kill -KILL {pid}")
    eventually("back after a kill", lambda: status_of(machine, "/healthz")[0] == 200)
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
    eventually("HTTPS again", lambda: status_of(machine, "/healthz")[0] == 200)
    subjects_in_browser("验证码 first")
    told("uninstalled, installed again over the data that was kept")


def moves_the_original(machine: Machine, at: str) -> None:
    """The original with its two services and a user of an old hash, on a machine where nothing of ours is left."""
    machine.run(f"bash {at}/install.sh uninstall --purge --yes --language en")
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
            "/usr/bin/python3 -c 'import socket,time; s=socket.create_server((\"0.0.0.0\", 25)); time.sleep(1e6)'",
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
    refused = machine.run(f"cd {at} && ./install.sh {options}", check=False, env={"INSTALL_PASSWORD": PASSWORD})
    assert refused.returncode == 1 and "mail-smtp.service" in refused.stderr, refused
    for _ in range(2):
        machine.run(f"cd {at} && ./install.sh migrate-original {options}", env={"INSTALL_PASSWORD": PASSWORD})
        assert (home / "emails.db").read_bytes() == before
    assert machine.run("systemctl is-active mail-smtp mail-api", check=False).stdout.split() == ["inactive", "inactive"]
    eventually("HTTPS after the move", lambda: status_of(machine, "/healthz")[0] == 200)
    for _ in range(2):  # the old hash, then the new one
        subjects_in_browser("来自原项目", "ana123", f"ana@{DOMAIN}")
    with contextlib.closing(sqlite3.connect(f"file:{machine.root}/var/lib/mailapp/emails.db?mode=ro", uri=True)) as db:
        assert db.execute("SELECT count(*) FROM messages WHERE subject = '来自原项目'").fetchone() == (1,)
        hashed = db.execute("SELECT password_hash FROM accounts WHERE address = ?", (f"ana@{DOMAIN}",)).fetchone()[0]
    assert hashed.startswith("$2b$"), hashed
    told("the original moved over with its mail; its user logs in with the old password, which is bcrypt now")


@contextlib.contextmanager
def booted(base: Path, work: Path) -> Iterator[Machine]:
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    machine = Machine(base, work / "root")
    try:
        machine.boot()
        yield machine
    finally:
        machine.halt()


BEGAN = time.monotonic()


def main() -> None:
    with booted(Path(sys.argv[1]), Path(sys.argv[2])) as machine:
        release = (machine.root / "etc/os-release").read_text().split('PRETTY_NAME="')[1].split('"')[0]
        told(f"{release} with its own systemd is up")
        first = checkout(machine, "first")
        install(machine, first)
        looks_right(machine)
        letter("验证码 first")
        subjects_in_browser("验证码 first")
        told("mail in over STARTTLS, login in Chromium over HTTPS, a letter live on the page")
        streams(machine, logged_in(machine))
        renews(machine)
        timers(machine)
        crashes(machine)
        upgrades(machine, first)
        goes_and_comes(machine, first)
        moves_the_original(machine, first)
    print(json.dumps({"passed": release, "seconds": round(time.monotonic() - BEGAN)}))


if __name__ == "__main__":
    main()
