"""Fails where installing a wheel would replace a package that is there already: a hosted notebook must be spared that.

`python release/untouched.py WHEEL` asks pip what it would install, and installs nothing. Needs no package but pip.
"""

import json
import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Any


def replaced(planned: Iterable[dict[str, Any]]) -> list[str]:
    """What pip plans to install in another version than is there, of pip's report."""
    found = []
    for package in planned:
        name, fresh = package["metadata"]["name"], package["metadata"]["version"]
        try:
            there = version(name)
        except PackageNotFoundError:
            continue
        if there != fresh:
            found.append(f"{name} {there} would become {fresh}")
    return found


def main() -> int:
    """Say what would be new; exit status 1 and the names where something would be replaced."""
    if len(sys.argv) != 2:
        sys.stderr.write(f"{len(sys.argv) - 1} arguments; expected one wheel: python release/untouched.py dist/*.whl\n")
        return 2
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--dry-run",
        "--quiet",
        "--report",
        "-",
        f"{sys.argv[1]}[notebooks]",
    ]
    planned = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["install"]
    wrong = replaced(planned)
    new = [f"{package['metadata']['name']} {package['metadata']['version']}" for package in planned]
    sys.stdout.write(f"pip would install: {', '.join(new) or 'nothing'}\n")
    sys.stderr.write("".join(f"{line}\n" for line in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
