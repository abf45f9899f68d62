"""Experiments: one file per paper, its runs and its tables; `run` makes results, `load_result` reads them."""

from collections.abc import Callable
from functools import partial
from typing import Any

from robustlib.experiments import (
    attack_suite,
    detection_tables,
    dundi,
    dundi_attacked,
    dundi_tables,
    hidden_tables,
    reverse_cross_entropy,
    robust_representations,
    target_networks,
)
from robustlib.experiments.checkpoints import load_model as load_model
from robustlib.experiments.checkpoints import unpaired
from robustlib.experiments.experiment import Experiment as Experiment
from robustlib.experiments.experiment import Measured as Measured
from robustlib.experiments.paper_tables import Claim as Claim
from robustlib.experiments.paper_tables import printed as printed
from robustlib.experiments.results import DamagedResult, find_result, trained_epochs
from robustlib.experiments.results import checkpoint_path as checkpoint_path
from robustlib.experiments.results import load_result as load_result
from robustlib.experiments.results import result_path as result_path
from robustlib.experiments.runner import run as run
from robustlib.experiments.survey import Survey as Survey
from robustlib.experiments.survey import survey as survey
from robustlib.experiments.survey import surveyed
from robustlib.experiments.tables import architecture, table1

RUNS = (*robust_representations.RUNS, *target_networks.RUNS, *reverse_cross_entropy.RUNS, *dundi.RUNS)
EXPERIMENTS: dict[str, Experiment] = {e.name: e for e in RUNS}
SURVEYS: dict[str, Survey] = {
    s.name: s for s in (*attack_suite.SURVEYS, *reverse_cross_entropy.SURVEYS, *dundi.SURVEYS)
}

TABLES: dict[str, Callable[[], Any]] = {
    "robust_representations/table1": table1,
    "robust_representations/architecture": architecture,
    "rce/table1": detection_tables.table1,
    "rce/table2_mnist": partial(detection_tables.table2, "mnist"),
    "rce/table2_cifar10": partial(detection_tables.table2, "cifar10"),
    "rce/table3_ratio": hidden_tables.table3,
    "rce/table3_distortion": partial(hidden_tables.table3, "distortion"),
    "rce/table4": hidden_tables.table4,
    "dundi/table1_mnist": dundi_tables.table1,
    "dundi/table1_cifar10": partial(dundi_tables.table1, "cifar10"),
    "dundi/table2": dundi_tables.table2,
    "dundi/figure6_mnist": dundi_attacked.figure6,
    "dundi/figure6_cifar10": partial(dundi_attacked.figure6, "cifar10"),
}


def missing() -> list[tuple[str, int, str]]:
    """(experiment or survey, seed, why) of all whose result is absent, damaged, below the paper's schedule or of other
    weights, largest worth first.
    """
    found = []
    planned: list[Experiment | Survey] = [*EXPERIMENTS.values(), *SURVEYS.values()]
    for e in sorted(planned, key=lambda e: -e.worth):
        for seed in (e.seed,) if isinstance(e, Survey) else e.seeds:
            try:
                why = _lacks(e, seed)
            except DamagedResult as error:
                why = f"damaged: {error}"
            if why is not None:
                found.append((e.name, seed, why))
    return found


def _lacks(planned: Experiment | Survey, seed: int) -> str | None:
    """What one run or survey lacks. Raises: DamagedResult."""
    if isinstance(planned, Survey):
        return None if surveyed(planned) else "no result of the weights that are there"
    result = find_result(planned.name, seed)
    if result is None:
        return "no result"
    if (done := trained_epochs(result)) < planned.epochs:
        return f"{done} of {planned.epochs} epochs"
    return unpaired(planned.name, seed, result)
