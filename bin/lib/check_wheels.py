"""Asks for wheels of the dependencies in pyproject.toml, for processors and Pythons that this machine does not have."""

import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

# glibc 2.36 and newer; pip takes an older tag only where it is named
LIBC = ("2_36", "2_35", "2_34", "2_31", "2_28", "2_27", "2_26", "2_24", "2_17")
OLD_NAMES = ("2014",)
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PROCESSORS = ("x86_64", "aarch64")


def needed(python: str) -> list[str]:
    """Our requirements for a Python, by the markers they have."""
    project = tomllib.loads((Path(__file__).resolve().parents[2] / "pyproject.toml").read_text())["project"]
    where = {"python_version": python, "platform_python_implementation": "CPython", "sys_platform": "linux"}
    found = [Requirement(line) for line in project["dependencies"]]
    return [f"{one.name}{one.specifier}" for one in found if one.marker is None or one.marker.evaluate(where)]


def wheels(processor: str, python: str) -> list[str]:
    """File names of the wheels that pip would take. Raises CalledProcessError where one is missing."""
    platforms = [f"manylinux_{each}_{processor}" for each in LIBC] + [
        f"manylinux{each}_{processor}" for each in OLD_NAMES
    ]
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
        command += ["--only-binary=:all:", "--implementation=cp", f"--python-version={python}", f"--target={directory}"]
        command += ["--report", str(report), *(f"--platform={each}" for each in platforms), *needed(python)]
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)
        taken = json.loads(report.read_text())["install"]
    return sorted(one["download_info"]["url"].rpartition("/")[2] for one in taken)


def main() -> None:
    missing = 0
    for processor in PROCESSORS:
        for python in PYTHONS:
            try:
                found = wheels(processor, python)
            except subprocess.CalledProcessError as error:
                missing += 1
                print(f"{processor} {python}: {error.stderr.strip().splitlines()[-1]}")
                continue
            own = [name for name in found if "none-any" not in name]
            print(f"{processor} {python}: all {len(found)} have wheels, {len(own)} of them made for it")
    sys.exit(missing > 0)


if __name__ == "__main__":
    main()
