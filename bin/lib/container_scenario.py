"""What bin/test-container does with Containerfile and compose.yaml: everything docs/install.md says of containers.

container_scenario.py WORK COMPOSE...: COMPOSE is the command that reads compose.yaml, "docker compose" for instance.
"""

import contextlib
import json
import os
import shlex
import smtplib
import subprocess
import sys
import threading
import time
from pathlib import Path

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

HERE = Path(__file__).resolve().parents[2]
PROJECT = "mailapp-test-container"
GRACE_S = 15
OURS = {"MAIL_HOST": HOST, "MAIL_CADDY": "tls internal", "COMPOSE_PROJECT_NAME": PROJECT}


class Containers:
    """compose.yaml under a project name of ours."""

    def __init__(self, work: Path, compose: list[str]) -> None:
        self.work, self._compose, self._engine = work, compose, compose[0].removesuffix("-compose")

    def _run(self, command: list[str], text: str = "", *, check: bool = True, timeout: float = 600) -> str:
        done = subprocess.run(
            command, cwd=HERE, env={**os.environ, **OURS}, input=text, capture_output=True, text=True, timeout=timeout
        )
        assert not check or done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def compose(self, *arguments: str, check: bool = True) -> str:
        return self._run([*self._compose, *arguments], check=check)

    def name(self, service: str) -> str:
        """The container of a service."""
        wanted = ["ps", "-a", "--filter", f"name={PROJECT}[-_]{service}", "--format", "{{.Names}}"]
        return self._run([self._engine, *wanted]).strip()

    def inside(self, command: str, text: str = "", *, service: str = "mailapp", check: bool = True) -> str:
        """A line of shell in a running container, as its own account."""
        return self._run([self._engine, "exec", "-i", self.name(service), "bash", "-c", command], text, check=check)

    def look(self, service: str, path: str) -> str:
        return self._run([self._engine, "inspect", "--format", path, self.name(service)]).strip()

    def healthy(self) -> None:
        path = "{{.State.Health.Status}}" if self._engine == "docker" else "{{.State.Healthcheck.Status}}"
        eventually("healthy", lambda: self.look("mailapp", path) == "healthy", 90)

    def authority(self) -> Path:
        """The certificate of Caddy's own authority."""
        root = self.inside("cat /data/caddy/pki/authorities/local/root.crt", service="caddy")
        (self.work / "root.crt").write_text(root)
        return self.work / "root.crt"


def starts(containers: Containers) -> Path:
    began = time.monotonic()
    containers.compose("up", "-d")
    containers.healthy()
    told(f"healthy {time.monotonic() - began:.0f} s after `up`")
    containers.inside(f"mailapp account add {ADMIN} --admin --password-stdin --language en", PASSWORD)
    containers.inside(f"mailapp domain add {DOMAIN} --catch-all {ADMIN}")
    eventually("Caddy's authority", lambda: "BEGIN" in containers.authority().read_text())
    authority = containers.authority()
    eventually("HTTPS", lambda: status_of(authority, "/healthz")[0] == 200)
    return authority


def is_locked_down(containers: Containers) -> None:
    for service in ("mailapp", "caddy"):
        status = containers.inside("cat /proc/1/status", service=service)
        assert "Uid:\t10025\t10025\t10025\t10025" in status and "Gid:\t10025" in status, status
        assert "CapEff:\t0000000000000000" in status and "CapBnd:\t0000000000000000" in status, status
        assert "NoNewPrivs:\t1" in status, status
        told_off = containers.inside("touch /anywhere /opt/anywhere 2>&1 || true", service=service)
        assert told_off.count("Read-only file system") == 2, told_off
    assert containers.inside("stat -c %a /data") == "700\n"
    told("both run as user 10025 without any capability over a root they cannot write")


def follows_renewals(containers: Containers) -> None:
    """The pages' certificate is the one of STARTTLS, and the next one too."""
    eventually("Caddy's certificate on port 25", lambda: "Caddy" in certificate_of_smtp())
    shown = "openssl x509 -noout -fingerprint -in /data/tls/cert.pem"
    before = containers.inside(shown)
    containers.inside(f"rm -r /data/caddy/certificates/local/{HOST}", service="caddy")
    containers.compose("restart", "caddy")
    eventually("the renewed certificate with mailapp", lambda: containers.inside(shown) != before)
    eventually("the renewed certificate on port 25", lambda: "Caddy" in certificate_of_smtp())
    told("STARTTLS shows Caddy's certificate, and the renewed one soon after")


class Senders:
    """Letters without a pause, over several connections; what was acknowledged is remembered."""

    def __init__(self, count: int) -> None:
        self.acknowledged: list[str] = []
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(each,), daemon=True) for each in range(count)]
        for thread in self._threads:
            thread.start()

    def _send(self, number: int) -> None:
        serial = 0
        with contextlib.suppress(OSError, smtplib.SMTPException), smtplib.SMTP("127.0.0.1", 25, timeout=20) as server:
            while not self._ended.is_set():
                serial += 1
                subject = f"kept {number}-{serial}"
                text = f"From: shop@shop.example\r\nTo: {ADMIN}\r\nSubject: {subject}\r\n\r\nhello\r\n"
                server.sendmail("shop@shop.example", [ADMIN], text)
                self.acknowledged.append(subject)

    def stop(self) -> list[str]:
        self._ended.set()
        for thread in self._threads:
            thread.join(30)
        return self.acknowledged


COUNT = """
import sqlite3
for row in sqlite3.connect("file:/data/emails.db?mode=ro", uri=True).execute("SELECT subject FROM messages"):
    print(row[0])
"""


def stops_with_nothing_lost(containers: Containers, authority: Path) -> None:
    """Stopped while mail comes in, made anew from the image: every letter that was acknowledged is there."""
    senders = Senders(6)
    eventually("mail coming in", lambda: len(senders.acknowledged) > 100)
    began = time.monotonic()
    containers.compose("stop", "mailapp")
    took = time.monotonic() - began
    acknowledged = senders.stop()
    assert took < GRACE_S and containers.look("mailapp", "{{.State.ExitCode}}") == "0", took
    before = containers.look("mailapp", "{{.Id}}")
    containers.compose("down")  # the containers go, the volumes stay
    containers.compose("up", "-d")
    containers.healthy()
    assert containers.look("mailapp", "{{.Id}}") != before
    kept = containers.inside("python -", COUNT).splitlines()
    lost = set(acknowledged) - set(kept)
    assert not lost and len(kept) == len(set(kept)), (len(lost), sorted(lost)[:5])
    eventually("HTTPS again", lambda: status_of(authority, "/healthz")[0] == 200)
    sees_in_browser(containers.work, "kept ")
    told(
        f"stopped in {took:.1f} s in the middle of mail; made anew from the image, all of the {len(acknowledged)} "
        "acknowledged letters are there once"
    )


def main() -> None:
    work, compose = Path(sys.argv[1]), sys.argv[2:]
    # looks for a new certificate more often than once in half a minute
    override = work / "override.yaml"
    override.write_text('services:\n  mailapp:\n    environment:\n      LOOK_EVERY_S: "1"\n')
    containers = Containers(work, [*compose, "-f", str(HERE / "compose.yaml"), "-f", str(override)])
    containers.compose("down", "-v", check=False)
    try:
        containers.compose("build")
        told("the image is built")
        authority = starts(containers)
        is_locked_down(containers)
        letter("验证码 first")
        sees_in_browser(work, "验证码 first")
        told("mail in over STARTTLS on 25, login in Chromium over HTTPS, a letter live on the page")
        streams(authority)
        follows_renewals(containers)
        stops_with_nothing_lost(containers, authority)
    except AssertionError:
        print(containers.compose("logs", check=False)[-6000:], file=sys.stderr)
        raise
    finally:
        containers.compose("down", "-v", check=False)
    print(json.dumps({"passed": " ".join(compose), "seconds": round(time.monotonic() - BEGAN)}))


if __name__ == "__main__":
    main()
