"""Which code, versions and machine a number comes from."""

import platform
import subprocess
from pathlib import Path
from typing import Any

import torch

import robustlib
from robustlib.precision import hardware
from robustlib.source import Known, fingerprint_of

# What keeps, finds and compares results, and does not make them: an edit there changes no number.
BOOKKEEPING = (
    *(f"robustlib.{room}" for room in ("describe", "files", "source")),
    *(f"robustlib.experiments.{name}" for name in ("checkpoints", "experiment", "measurement", "plan", "printed")),
    *(
        f"robustlib.experiments.{name}"
        for name in ("matching", "provenance", "registry", "renames", "results", "rows", "stored")
    ),
    "robustlib.labs.judgement",  # how a judgement, and an error, are told
    "robustlib.labs.mistake",
)

# What runs write: a result that is replaced makes the code of the next one no other.
WRITTEN = tuple(f":(top,exclude)data/{folder}" for folder in ("results", "checkpoints", "runs"))


def code_of(*values: Any, known: Known | None = None) -> str:
    """The fingerprint of the code that a number comes from; `known` as in `fingerprint_of`."""
    return fingerprint_of(*values, apart=BOOKKEEPING, known=known)


def provenance(device: torch.device) -> dict[str, Any]:
    """Which code, versions and machine produced a number."""
    kind = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    return {
        "commit": _git("rev-parse", "HEAD"),
        "dirty": bool(_git("status", "--porcelain", "--untracked-files=no", "--", ":/", *WRITTEN)),
        "versions": {
            "robustlib": robustlib.__version__,
            "torch": torch.__version__,
            "python": platform.python_version(),
        },
        "device": kind,
        "threads": torch.get_num_threads(),
        "hardware": hardware(device),
    }


def _git(*words: str) -> str | None:
    """What git says of the folder this package is in, or None where there is no repository."""
    folder = Path(__file__).parent
    try:
        done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
