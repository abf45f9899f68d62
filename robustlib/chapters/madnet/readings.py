"""The rows of which the chapter's sentences and tables speak: of a network by its method, over all its seeds.

A network is called by its method, "mad" or "mad-pgd". Where it has several seeds a reading is their mean, between the
least and the most; else it is the one row. One that was not run is None, and cannot be said.
"""

from typing import Any

from robustlib.chapters.madnet.adaptive import RADII, transfer_from
from robustlib.chapters.madnet.bound import FOUND, OWN
from robustlib.chapters.madnet.geometry import PLAIN
from robustlib.experiments.registry import experiment
from robustlib.experiments.row_unions import over_seeds, together, within
from robustlib.experiments.rows import Row, select
from robustlib.experiments.standard_suite import WORST as SUITE_WORST
from robustlib.experiments.stored import stored_rows

AUTO, WORST = "AutoAttack", "worst case of all attacks"  # the second is of `worst`, in the column `attack`
TRANSFERS = "transfer from the twins"
# What is measured on the network at a radius, on the same first images.
KINDS = ("standard", "adaptive", "white-box", "black-box")


def name_of(method: str, dataset: str = "mnist", depth: int = 8) -> str:
    """The experiment of a method: "mad-pgd" is madnet-mnist-resnet8-mad-pgd. Raises: LookupError for no network."""
    return experiment(f"madnet-{dataset}-resnet{depth}-{method}").name


def label(method: str, dataset: str = "mnist", depth: int = 8) -> str:
    """How a sentence and a table call it: "MAD + PGD"."""
    return experiment(name_of(method, dataset, depth)).training


def found(method: str, kind: str, metric: str, dataset: str = "mnist", depth: int = 8, **columns: Any) -> Row | None:
    """The reading of a measurement, over all seeds; with `seed=0` of that one."""
    return over_seeds(select(stored_rows(name_of(method, dataset, depth), kind), metric=metric, **columns))


def clean(method: str, dataset: str = "mnist", depth: int = 8) -> Row | None:
    """The accuracy on all test images."""
    return found(method, "clean", "accuracy", dataset, depth, attack="")


def geometry(method: str, metric: str = "margin over Jacobian", dataset: str = "mnist", depth: int = 8) -> Row | None:
    """ "eta", "margin", "Jacobian norm", "Davies-Bouldin index", "cluster variance" and others without an attack."""
    return found(method, "geometry", metric, dataset, depth)


def gradient(method: str, loss: str = PLAIN, metric: str = "gradient norm", dataset: str = "mnist") -> Row | None:
    """The mean length of a loss's gradient, or the share of "zero gradients"."""
    return found(method, "geometry", metric, dataset, attack=loss)


def bound(method: str, metric: str = "bound holds", which: str = OWN, dataset: str = "mnist") -> Row | None:
    """ "bound", "bound holds", "distortion over bound" of one bound; "Taylor remainder" of "features" or "logits"."""
    return found(method, "bound", metric, dataset, defense=which)


def distortion(method: str, attack: str = FOUND, dataset: str = "mnist") -> Row | None:
    """The median L2 distortion of an attack, or the least of all."""
    return found(method, "bound", "distortion", dataset, attack=attack)


def robust(method: str, attack: str, eps: float, dataset: str = "mnist", depth: int = 8) -> Row | None:
    """Of seed 0 the robust accuracy under one attack of the adaptive measurement, under the suite's AutoAttack, under
    `TRANSFERS` (per image the worst of all twins) or `WORST`.
    """
    if attack == WORST:
        return worst(method, eps, dataset, depth)
    if attack != TRANSFERS:
        kind = "standard" if attack == AUTO else "adaptive"
        return found(method, kind, "accuracy", dataset, depth, attack=attack, eps=eps, seed=0)
    there = stored_rows(name_of(method, dataset, depth), "adaptive", 0)
    return together([row for row in select(there, eps=eps) if row.attack.startswith(transfer_from(""))], TRANSFERS)


def suite(method: str, eps: float, attack: str = SUITE_WORST, dataset: str = "mnist", depth: int = 8) -> Row | None:
    """The robust accuracy in the standard suite, over all seeds: its worst case, or one of its attacks."""
    return found(method, "standard", "accuracy", dataset, depth, attack=attack, eps=eps)


def worst(method: str, eps: float, dataset: str = "mnist", depth: int = 8) -> Row | None:
    """What is left where per image the worst of all attacks inside this ball counts: the chapter's adaptive attackers,
    the suite with AutoAttack, and the paper's own, on the images that all of them met. Of seed 0.

    None unless both the adaptive attackers and AutoAttack were there.
    """
    name = name_of(method, dataset, depth)
    rows = [row for kind in KINDS for row in stored_rows(name, kind, 0)]
    inside = [row for row in select(rows, metric="accuracy", norm="Linf", images="", defense="") if within(row, eps)]
    at = [row for row in inside if row.eps is not None and abs(row.eps - eps) < 1e-9]
    if not select(at, measurement="adaptive") or not select(at, attack=AUTO):
        return None
    return together(inside, WORST, eps)


def series(method: str, name: str, dataset: str = "mnist", depth: int = 8) -> Any:
    """What a figure draws, of seed 0: "map" (x, y, label), "centroids" (distances of the classes' means), "confusion"
    (counts of true class, row, by the class after C&W), or the per-image values of the bound: "found" and each bound.
    Raises: LookupError where it was not measured.
    """
    network = name_of(method, dataset, depth)
    for kind in ("geometry", "bound", "confusion"):
        for row in stored_rows(network, kind, 0):
            if name in row.series:
                return row.series[name]
    raise LookupError(f"no {name!r} of {network} is stored")


def radii(dataset: str = "mnist") -> tuple[float, ...]:
    """At which the networks of a set are attacked, L-infinity."""
    return RADII[dataset]
