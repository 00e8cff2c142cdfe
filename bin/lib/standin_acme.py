"""An authority for certificates on this machine: Let's Encrypt's Pebble, as Debian packages it."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType

PORT, DNS_PORT = 14000, 14053


class Authority:
    """Runs while it is entered. It proves names at 127.0.0.1, over ports 80 and 443, as the real one does."""

    certificate = "/root/pebble.crt"
    """Of the authority's own pages, inside the machine."""
    directory = f"https://localhost:{PORT}/dir"

    @staticmethod
    def is_there() -> bool:
        return bool(shutil.which("pebble") and shutil.which("pebble-challtestsrv"))

    def __init__(self, root: Path) -> None:
        work = root.parent / "pebble"
        work.mkdir()
        certificate, key = work / "localhost.crt", work / "localhost.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
            + ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
            + ["-keyout", key, "-out", certificate],
            check=True, capture_output=True,
        )  # fmt: skip
        (root / self.certificate[1:]).write_bytes(certificate.read_bytes())
        (work / "config.json").write_text(
            json.dumps({
                "pebble": {
                    "listenAddress": f"127.0.0.1:{PORT}", "managementListenAddress": f"127.0.0.1:{PORT + 1}",
                    "certificate": str(certificate), "privateKey": str(key), "httpPort": 80, "tlsPort": 443,
                    "ocspResponderURL": "", "externalAccountBindingRequired": False,
                }
            })
        )  # fmt: skip
        self._log = (work / "log").open("wb")
        self._commands = (
            ["pebble-challtestsrv", "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-dns01", f"127.0.0.1:{DNS_PORT}"]
            + ["-http01", "", "-https01", "", "-tlsalpn01", "", "-management", f"127.0.0.1:{PORT + 2}"],
            ["pebble", "-config", str(work / "config.json"), "-dnsserver", f"127.0.0.1:{DNS_PORT}"],
        )
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "Authority":
        for command in self._commands:
            self._running.append(
                subprocess.Popen(
                    command, stdout=self._log, stderr=self._log, env={**os.environ, "PEBBLE_VA_NOSLEEP": "1"}
                )
            )
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", PORT), timeout=1).close()
                return self
            time.sleep(0.1)
        self._end()
        raise AssertionError("Pebble does not answer")

    def _end(self) -> None:
        for one in self._running:
            one.terminate()
            one.wait(10)
        self._log.close()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end()
