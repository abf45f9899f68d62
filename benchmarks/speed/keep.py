"""What a benchmark measured, kept beside the results where it was asked to: `python benchmarks/speed/NAME.py --out`."""

import os
import sys
from pathlib import Path
from typing import Any

import torch

from robustlib.experiments.provenance import provenance
from robustlib.experiments.results import results_folder
from robustlib.files import write_json


def keep(script: str, lines: list[dict[str, Any]]) -> None:
    """With `--out` the lines as data/results/speed/<script>.json: commit, versions, CPU features, load."""
    if "--out" not in sys.argv[1:]:
        return
    path = results_folder() / "speed" / f"{Path(script).stem}.json"
    busy = {"cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1)}  # processes that wanted a core, last minute
    write_json(path, {"lines": lines, **busy, **provenance(torch.device("cpu"))})
    sys.stdout.write(f"{path}\n")
