"""Experiments: one file per paper, its runs and its tables; `run` makes results, `load_result` reads them."""

from collections.abc import Callable
from typing import Any

from robustlib.experiments import robust_representations
from robustlib.experiments.checkpoints import load_model as load_model
from robustlib.experiments.experiment import Experiment as Experiment
from robustlib.experiments.experiment import Measured as Measured
from robustlib.experiments.paper_tables import Claim as Claim
from robustlib.experiments.paper_tables import printed as printed
from robustlib.experiments.results import checkpoint_path as checkpoint_path
from robustlib.experiments.results import load_result as load_result
from robustlib.experiments.results import result_path as result_path
from robustlib.experiments.runner import run as run
from robustlib.experiments.tables import architecture, table1

EXPERIMENTS: dict[str, Experiment] = {e.name: e for e in robust_representations.RUNS}

TABLES: dict[str, Callable[[], Any]] = {
    "robust_representations/table1": table1,
    "robust_representations/architecture": architecture,
}


def missing() -> list[tuple[str, int, str]]:
    """(experiment, seed, why) of every run whose result is absent or below the paper's schedule, largest worth
    first.
    """
    found = []
    for e in sorted(EXPERIMENTS.values(), key=lambda e: -e.worth):
        for seed in e.seeds:
            if not result_path(e.name, seed).is_file():
                found.append((e.name, seed, "no result"))
            elif (done := load_result(e.name, seed)["schedule"]["epochs"]) < e.epochs:
                found.append((e.name, seed, f"{done} of {e.epochs} epochs"))
    return found
