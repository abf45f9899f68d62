"""The autograder archive, for Gradescope and `otter grade`: otter's, with CPU torch, the library and a time limit."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

from book.labs.lab import ROOT

CPU_WHEELS = "https://download.pytorch.org/whl/cpu"
WHEEL = "requirements.whl"  # a Docker build copies setup.sh, environment.yml and requirements.* before it installs
NAMED = re.compile(r"(torch|torchvision)==(\S+)")

INSTALL = """\

# PyTorch without CUDA, from its own index, and then the library from the wheel in this archive.
mamba run -n otter-env pip install {pins} --index-url {index}
cp /autograder/source/{wheel} /tmp/{name}
mamba run -n otter-env pip install "/tmp/{name}[notebooks]"
"""

LIMITED = """\
export OMP_NUM_THREADS=1 ROBUSTLIB_OFFLINE=1 ROBUSTLIB_SCALE=book ROBUSTLIB_STATIC=1 TQDM_DISABLE=1
timeout --kill-after=10 {seconds} python /autograder/source/run_otter.py
if [ $? = 124 ] || [ $? = 137 ]; then
    echo '{{"score": 0, "output": "This notebook was stopped after {seconds} seconds."}}' \\
        > /autograder/results/results.json
fi
"""


def wheel(folder: Path) -> Path:
    """Build the wheel of the library into a folder."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder.resolve())]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (found,) = folder.glob("*.whl")
    return found


def pins() -> str:
    """The versions of PyTorch that the book was tested with."""
    return " ".join(f"{name}=={version}" for name, version in NAMED.findall((ROOT / "constraints.txt").read_text()))


def setup(script: str, library: str) -> str:
    """Otter's setup.sh with the CPU torch and the library. Raises: ValueError where it makes no environment."""
    line = re.search(r"^mamba env create .*\n", script, re.M)
    if not line:
        raise ValueError("otter's setup.sh makes no environment any more: look at book/labs/archive.py")
    installs = INSTALL.format(pins=pins(), index=CPU_WHEELS, wheel=WHEEL, name=library)
    return script[: line.end()] + installs.lstrip("\n") + script[line.end() :]


def limited(script: str, seconds: int) -> str:
    """Otter's run_autograder with a time limit. Raises: ValueError where it does not run otter."""
    line = re.search(r"^python .*/run_otter\.py\n?", script, re.M)
    if not line:
        raise ValueError("otter's run_autograder does not call run_otter.py any more: look at book/labs/archive.py")
    return script[: line.start()] + LIMITED.format(seconds=seconds) + script[line.end() :]


def finish(made: Path, library: Path, seconds: int, out: Path) -> None:
    """Write the archive that otter made again, under a name without a date, with what a grading image needs."""
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            text = old.read(entry).decode()
            if entry.filename == "setup.sh":
                text = setup(text, library.name)
            elif entry.filename == "run_autograder":
                text = limited(text, seconds)
            new.writestr(entry.filename, text)
        new.write(library, WHEEL, zipfile.ZIP_STORED)
    made.unlink()
