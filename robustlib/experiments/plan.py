"""What is still to be run, why, and in which order."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from robustlib.describe import describe
from robustlib.experiments import registry
from robustlib.experiments.checkpoints import unpaired
from robustlib.experiments.experiment import Experiment
from robustlib.experiments.measurement import Measurement
from robustlib.experiments.provenance import code_of
from robustlib.experiments.results import DamagedResult, checkpoint_path, find_result
from robustlib.files import sha256
from robustlib.source import Known

OLDER = "older code"  # what results say that were made before results had a fingerprint: they are not queued for it


@dataclass(frozen=True)
class Task:
    """One experiment or measurement, with one seed, and why it is to be run."""

    name: str
    seed: int
    why: str
    damaged: bool = False  # its file cannot be read: a person has to look


def missing() -> list[Task]:
    """All that is absent, damaged, below the plan, of another recipe, of other weights, of weights that are gone or of
    code that has changed since: largest priority first, and before it the networks that it builds on.
    """
    found, known = [], Known()
    for what in in_order():
        for seed in what.seeds:
            try:
                stored = find_result(what.name, seed)
                why = "no result" if stored is None else "; ".join(shortfalls(what, seed, stored, known=known))
            except DamagedResult as error:
                found.append(Task(what.name, seed, str(error), damaged=True))
                continue
            found += [Task(what.name, seed, why)] if why else []
    return found


def in_order() -> list[Experiment | Measurement]:
    """Everything planned, largest priority first; what something builds on comes before it."""
    found: dict[str, Experiment | Measurement] = {}

    def add(what: Experiment | Measurement) -> None:
        for name in before(what):
            add(registry.experiment(name))
        found.setdefault(what.name, what)

    planned: list[Experiment | Measurement] = [*registry.experiments().values(), *registry.measurements().values()]
    for what in sorted(planned, key=lambda w: -w.priority):
        add(what)
    return list(found.values())


def before(what: Experiment | Measurement) -> tuple[str, ...]:
    """The experiments whose weights have to be there first."""
    if isinstance(what, Measurement):
        return (what.of, *what.needs)
    start = () if what.start is None else (what.start.name,)
    return start if what.crafted is None else (*start, *what.crafted.sources)


def shortfalls(
    what: Experiment | Measurement,
    seed: int,
    stored: dict[str, Any],
    *,
    epochs: int | None = None,
    n: int | None = None,
    known: Known | None = None,
) -> Iterator[str]:
    """Why a stored result does not do, for so many epochs or images; None: all planned. `known` is `code_of`'s."""
    if isinstance(what, Experiment):
        done, wanted = stored["schedule"]["epochs"], what.epochs if epochs is None else epochs
        if done < wanted:
            yield f"{done} of {wanted} epochs"
        if broken := unpaired(what.name, seed, stored):
            yield broken
        if stored["recipe"] != _written(what.recipe(done)):
            yield "of another recipe"
        code = code_of(*what.recipe(done).values(), known=known)
    else:
        if stored["n"] < (wanted := what.n if n is None else n):
            yield f"{stored['n']} of {wanted} images"
        if stored["evaluation"] != _written(what.evaluate):
            yield "measured otherwise than is planned"
        if not checkpoint_path(what.of, seed).is_file():
            yield f"the weights of {what.of} that it measured are gone"
        for name, expected in {what.of: stored["weights"], **stored.get("needs", {})}.items():
            path = checkpoint_path(name, seed)
            if path.is_file() and sha256(path) != expected:
                yield f"measured on other weights of {name} than are there"
        code = code_of(what.evaluate, known=known)
    if stored["code"] not in (OLDER, code):
        yield "of code that has changed since"


def _written(configured: Any) -> Any:
    """As a result file has it."""
    return json.loads(json.dumps(describe(configured)))
