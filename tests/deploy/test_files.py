"""What install.sh puts on a machine: units, proxies' files, the small programs."""

import configparser
import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.script import ROOT, Shell

UNITS = sorted((ROOT / "deploy/systemd").iterdir())
SCRIPTS = [ROOT / "install.sh", ROOT / ".ci/run", *sorted((ROOT / "deploy/bin").iterdir())]
SCRIPTS += [one for one in sorted((ROOT / "bin").iterdir()) if one.is_file()]


def test_scripts_are_clean_in_the_eyes_of_shellcheck() -> None:
    checker = ROOT / ".venv/bin/shellcheck"
    found = subprocess.run(
        [str(checker) if checker.exists() else "shellcheck", "-x", *map(str, SCRIPTS)],
        cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert found.returncode == 0, found.stdout


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd on this machine")
@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.suffix == ".service"], ids=lambda unit: unit.name)
def test_a_service_is_exposed_to_two_at_most(unit: Path) -> None:
    found = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit)],
        capture_output=True, text=True, timeout=60, env={**os.environ, "SYSTEMD_PAGER": ""},
    )  # fmt: skip
    assert found.returncode == 0, found.stdout[-2000:]


def directives(name: str) -> list[tuple[str, str]]:
    lines = (ROOT / "deploy/systemd" / name).read_text().splitlines()
    return [
        (key, value) for key, _, value in (line.partition("=") for line in lines) if value and not key.startswith("#")
    ]


def test_the_service_binds_port_25_without_being_root_and_is_watched() -> None:
    found = dict(directives("mailapp.service"))
    assert (found["User"], found["Type"], found["WatchdogSec"]) == ("mailapp", "notify", "60s")
    assert found["AmbientCapabilities"] == found["CapabilityBoundingSet"] == "CAP_NET_BIND_SERVICE"
    assert int(found["LimitNOFILE"]) >= 65536
    assert "prlimit64" in [value for key, value in directives("mailapp.service") if key == "SystemCallFilter"][-1]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_every_unit_can_be_read_and_started_by_something(unit: Path) -> None:
    parsed = configparser.RawConfigParser(strict=False, interpolation=None)
    parsed.read(unit)
    assert parsed["Unit"]["Description"].startswith("mailapp")
    starts = "Install" in parsed or (unit.with_suffix(".timer")).exists()
    assert starts, "neither a timer nor a target starts it"


def filled(tmp_path: Path, name: str, *arguments: str) -> str:
    shell = Shell(tmp_path)
    done = shell.functions(
        f'HOST=mail.example.com; HTTP_PORT=2222; filled "{ROOT}/deploy/proxy/{name}"',
        "--yes",
        "--language",
        "en",
        *arguments,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(("tls", "has"), [("acme", False), ("internal", True)])
def test_caddys_site_compresses_pages_and_never_the_stream(tmp_path: Path, tls: str, has: bool) -> None:
    site = filled(tmp_path, "mailapp.caddy", "--tls", tls)
    assert "@" not in site.replace("@restored", "")
    assert "mail.example.com {" in site
    assert "reverse_proxy 127.0.0.1:2222" in site
    assert "event-stream" not in site
    assert "Content-Type text/*" not in site
    assert ("tls internal" in site) is has
    caddy = shutil.which("caddy")
    if caddy:
        (tmp_path / "Caddyfile").write_text(site)
        checked = subprocess.run(
            [caddy, "validate", "--adapter", "caddyfile", "--config", str(tmp_path / "Caddyfile")],
            capture_output=True, text=True, timeout=60, env={**os.environ, "HOME": str(tmp_path)},
        )  # fmt: skip
        assert checked.returncode == 0, checked.stderr


def test_nginxs_snippet_buffers_nothing_and_trusts_nobody_elses_fields(tmp_path: Path) -> None:
    site = filled(tmp_path, "mailapp.nginx")
    assert "proxy_buffering off" in site
    assert "proxy_set_header X-Forwarded-For $remote_addr" in site
    assert "event-stream" not in site.replace("# text/html comes by itself; text/event-stream is left out", "")
    assert "@HOST@" not in site


class Certificates:
    """Caddy's and certbot's places, and ours, below one directory."""

    def __init__(self, directory: Path) -> None:
        self.caddy, self.certbot, self.ours = directory / "caddy", directory / "live", directory / "tls"
        self.ours.mkdir()

    def make(self, certificate: Path, key: Path, days: int) -> None:
        certificate.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", str(days), "-subj", "/CN=mail.example.com", "-keyout", str(key), "-out", str(certificate)],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip

    def copy(self) -> str:
        environment = {
            "PATH": os.environ["PATH"], "TLS_DIRECTORY": str(self.ours), "CADDY_CERTIFICATES": str(self.caddy),
            "CERTBOT_LIVE": str(self.certbot),
        }  # fmt: skip
        done = subprocess.run(
            [str(ROOT / "deploy/bin/copy-certificate"), "mail.example.com"],
            env=environment, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout


def test_the_certificate_that_is_valid_longest_is_taken_over_once(tmp_path: Path) -> None:
    held = Certificates(tmp_path)
    assert held.copy() == "No certificate for mail.example.com yet.\n"
    site = held.caddy / "acme-v02.api.letsencrypt.org-directory/mail.example.com"
    held.make(site / "mail.example.com.crt", site / "mail.example.com.key", 30)
    held.make(held.certbot / "mail.example.com/fullchain.pem", held.certbot / "mail.example.com/privkey.pem", 10)
    assert "letsencrypt" in held.copy()
    assert (held.ours / "cert.pem").read_bytes() == (site / "mail.example.com.crt").read_bytes()
    assert (held.ours / "key.pem").read_bytes() == (site / "mail.example.com.key").read_bytes()
    assert (held.ours / "key.pem").stat().st_mode & 0o777 == 0o640
    assert held.copy() == ""
    held.make(held.certbot / "mail.example.com/fullchain.pem", held.certbot / "mail.example.com/privkey.pem", 90)
    assert "fullchain.pem" in held.copy()


def test_in_the_middle_of_a_renewal_nothing_is_taken(tmp_path: Path) -> None:
    held = Certificates(tmp_path)
    site = held.caddy / "local/mail.example.com"
    held.make(site / "mail.example.com.crt", site / "other.key", 30)
    held.make(site / "other.crt", site / "mail.example.com.key", 30)
    assert "do not belong together" in held.copy()
    assert list(held.ours.iterdir()) == []


class Backups:
    """nightly-backup with a mailapp of ours, which has the command or not."""

    def __init__(self, directory: Path, knows_how: bool) -> None:
        self.data, self.bin = directory / "data", directory / "bin"
        self.kept = self.data / "backups"
        self.kept.mkdir(parents=True)
        self.bin.mkdir()
        (self.bin / "mailapp").write_text(
            f"#!/bin/bash\n[ {int(knows_how)} = 1 ] || exit 2\n"
            f'[ "$2" = --help ] || touch "${{2:-{self.kept}/mailapp-2026-01-01T030000Z.tar.zst}}"\n'
        )
        (self.bin / "mailapp").chmod(0o755)
        (self.bin / "python").symlink_to(sys.executable)
        with contextlib.closing(sqlite3.connect(self.data / "emails.db")) as db:
            db.execute("CREATE TABLE mail (subject)")
            db.execute("INSERT INTO mail VALUES ('kept')")
            db.commit()

    def night(self) -> list[Path]:
        subprocess.run(
            [str(ROOT / "deploy/bin/nightly-backup")], check=True, timeout=60,
            env={
                "PATH": os.environ["PATH"], "MAILAPP_DATA_DIR": str(self.data), "MAILAPP_BIN_DIRECTORY": str(self.bin),
            },
        )  # fmt: skip
        return sorted(self.kept.iterdir())


def test_a_night_without_a_backup_of_the_server_gets_one(tmp_path: Path) -> None:
    backups = Backups(tmp_path, knows_how=True)
    (backups.kept / "before-0.2.0-2026-01-01T000000Z.tar.zst").touch()
    made = backups.night()
    assert [one.name for one in made] == [
        "before-0.2.0-2026-01-01T000000Z.tar.zst", "mailapp-2026-01-01T030000Z.tar.zst"
    ]  # fmt: skip
    made[1].write_text("the server's own")
    assert backups.night() == made
    assert made[1].read_text() == "the server's own"


def test_a_release_from_before_the_command_is_backed_up_as_well(tmp_path: Path) -> None:
    made = Backups(tmp_path, knows_how=False).night()
    assert len(made) == 1
    with contextlib.closing(sqlite3.connect(made[0])) as db:
        assert db.execute("SELECT subject FROM mail").fetchall() == [("kept",)]
