"""What is still to be run, why, and in which order."""

from collections.abc import Iterator
from dataclasses import dataclass

from robustlib.experiments import registry
from robustlib.experiments.experiment import Experiment
from robustlib.experiments.measurement import Measurement
from robustlib.experiments.results import DamagedResult, checkpoint_path, find_result
from robustlib.files import sha256
from robustlib.source import fingerprint_of

OLDER = "older code"  # what results say that were made before results had a fingerprint: they are not queued for it


@dataclass(frozen=True)
class Task:
    """One experiment or measurement, with one seed, and why it is to be run."""

    name: str
    seed: int
    why: str
    damaged: bool = False  # its file cannot be read: a person has to look


def missing() -> list[Task]:
    """All that is absent, damaged, below the paper's schedule, of other weights, of weights that are gone or of code
    that has changed since: largest priority first.
    """
    planned = [*registry.experiments().values(), *registry.measurements().values()]
    found = []
    for what in sorted(planned, key=lambda w: -w.priority):
        for seed in what.seeds:
            try:
                whys = list(_why(what, seed))
            except DamagedResult as error:
                found.append(Task(what.name, seed, str(error), damaged=True))
                continue
            found += [Task(what.name, seed, "; ".join(whys))] if whys else []
    return found


def _why(what: Experiment | Measurement, seed: int) -> Iterator[str]:
    stored = find_result(what.name, seed)
    if stored is None:
        yield "no result"
        return
    if isinstance(what, Experiment):
        if (done := stored["schedule"]["epochs"]) < what.epochs:
            yield f"{done} of {what.epochs} epochs"
        code = fingerprint_of(*what.recipe(stored["schedule"]["epochs"]).values())
    else:
        weights = checkpoint_path(what.of, seed)
        if not weights.is_file():
            yield f"the weights of {what.of} that it measured are gone"
        elif stored["weights"] != sha256(weights):
            yield f"measured on other weights of {what.of} than are there"
        code = fingerprint_of(what.evaluate)
    if stored["code"] not in (OLDER, code):
        yield "of code that has changed since"
