"""What bin/test-package looks at: package_scenario.py WORK, with the built files in dist/ and the command in bin/."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import tarfile
import time
import urllib.request
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parents[2]


def holds_everything(dist: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "templates", "static", "migrations"], cwd=HERE, capture_output=True, text=True, check=True
    )
    ours = set(listed.stdout.splitlines())
    assert len(ours) > 50, ours
    (wheel,), (sdist,) = dist.glob("*.whl"), dist.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as held:
        missing = {f"mailapp/{one}" for one in ours} - set(held.namelist())
    assert not missing, missing
    with tarfile.open(sdist) as packed:
        missing = ours - {one.name.partition("/")[2] for one in packed}
    assert not missing, missing
    print(
        f"  {wheel.name} ({wheel.stat().st_size >> 10} KiB) and {sdist.name} hold all {len(ours)} files beside the code"
    )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def serves(work: Path) -> None:
    """As installed by pipx, far from any checkout."""
    at = f"http://127.0.0.1:{free_port()}"
    settings = {
        "MAILAPP_DATA_DIR": str(work / "data"), "MAILAPP_HTTP": at[7:], "MAILAPP_SMTP": f"127.0.0.1:{free_port()}",
    }  # fmt: skip
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MAILAPP_", "PYTHON"))}
    with (work / "serve.log").open("wb") as log:
        running = subprocess.Popen(
            [work / "bin/mailapp", "serve"], cwd=work, env={**plain, **settings}, stdout=log, stderr=log
        )
    try:
        until = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError):
                assert b'"ok"' in urllib.request.urlopen(f"{at}/healthz", timeout=5).read()
                # the link to the first account is told a moment after that
                token = re.search(r"/setup\?token=\S+", (work / "serve.log").read_text())
                if token:
                    break
            assert time.monotonic() < until and running.poll() is None, (work / "serve.log").read_text()
            time.sleep(0.1)
        page = urllib.request.urlopen(f"{at}{token[0]}", timeout=5).read().decode()
        style = re.search(r'href="([^"]+\.css[^"]*)"', page)
        assert style and b"{" in urllib.request.urlopen(f"{at}{style[1]}", timeout=5).read()
    finally:
        running.terminate()
        assert running.wait(20) == 0
    print("  installed by pipx it serves its first page with its style, and ends when told to")


if __name__ == "__main__":
    holds_everything(Path(sys.argv[1]) / "dist")
    serves(Path(sys.argv[1]))
