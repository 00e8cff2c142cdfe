"""install.sh and its parts, run with stand-ins for what would change or look at this machine."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
SCRIPT = ROOT / "install.sh"
LIBRARY = ROOT / "deploy" / "lib"


class Shell:
    """Runs the script, or single functions of it, with a PATH whose first directory is ours."""

    def __init__(self, directory: Path) -> None:
        self.bin = directory / "bin"
        self.bin.mkdir()
        self.log = directory / "calls"
        for name in ("systemctl", "apt-get", "useradd", "runuser", "iptables", "nft", "ufw", "caddy"):
            self.stand_in(name, "exit 0")
        self.stand_in("dpkg-query", "echo installed")
        self.stand_in("ss", "exit 0")
        self.stand_in("systemctl", '[ "$1" != is-active ]')
        self.stand_in("iptables", "exit 1")
        self.stand_in("nft", "exit 1")

    def stand_in(self, name: str, does: str) -> None:
        """A program of this name that notes how it was called."""
        path = self.bin / name
        path.write_text(f'#!/bin/bash\necho "{name} $*" >>{self.log}\n{does}\n')
        path.chmod(0o755)

    def calls(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []

    def _run(self, command: list[str], **env: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": f"{self.bin}:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": os.environ.get("HOME", "/"), **env}
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip

    def script(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        return self._run(["bash", str(SCRIPT), *arguments], **env)

    def functions(self, lines: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Shell lines with every function of the script defined and the options in `arguments` taken."""
        parts = "\n".join(f'. "{part}"' for part in sorted(LIBRARY.glob("*.sh"), key=lambda each: each.stem != "base"))
        before = f'set -euo pipefail\nhere="{ROOT}"\n{parts}\nparse_options "$@"\nchoose_language\n'
        return self._run(["bash", "-c", before + lines, "install.sh", *arguments], **env)
