"""The paper's tables on DunDi beside our numbers, and what its figures draw, from stored results only."""

from collections.abc import Sequence
from dataclasses import replace
from statistics import mean
from typing import Any

from robustlib.chapters.dundi.oracles import N, Rule, counted_oracles, read_by
from robustlib.chapters.dundi.source_images import CLEAN_CORRECT, SOURCES
from robustlib.evaluation import Cell, Table
from robustlib.experiments.pictures import unpacked
from robustlib.experiments.printed import awaited, join, reported
from robustlib.experiments.readings import reading
from robustlib.experiments.registry import experiment
from robustlib.experiments.rows import Row, maybe, one, select
from robustlib.experiments.stored import stored_rows
from robustlib.experiments.tables import NOT_RUN, cell, schedule

ATTACKS = ("iFGSM-a", "iFGSM-b", "FGSM", "JSMA")  # in the order of the paper's section 4.3
MEAN = "mean of iFGSM-a, iFGSM-b, FGSM, JSMA"
SIZES = (1, 10, 20)
SETS = {"mnist": "MNIST", "cifar10": "CIFAR-10"}
DRAWS = "Brackets: least and most over five draws of the oracles"
MNIST = ("native1", "r1", "p1", "native2", "r2", "p2", "native3", "r3", "p3", "r3-slower")
SECOND_R3 = "dundi-mnist-r3-slower"  # at a rate of its own: in no mean over DunDi, or R3 would count twice
CIFAR10 = ("quarter-native", "quarter-r", "quarter-p", "quarter-r-unit", "native", "r", "p")
NETWORKS = {name: [f"dundi-{name}-{n}" for n in of] for name, of in (("mnist", MNIST), ("cifar10", CIFAR10))}
LISTS = {f"dundi-mnist-r1-{k}k": 1000 * k for k in (18, 36, 180)} | {"dundi-mnist-r1": 360_000}


def is_native(network: str) -> bool:
    """Whether a network is a plain one, with its softmax."""
    return experiment(network).training == "cross-entropy"


def usual(network: str) -> str:
    """How a network is read unless something else is said, the column `defense`."""
    return "" if is_native(network) else read_by()


def found(network: str, kind: str, metric: str = "accuracy", **columns: Any) -> Row | None:
    """The row of a measurement, or where that is not there yet the printed number that waits for it."""
    row = maybe(stored_rows(network, kind), metric=metric, **columns)
    return row or awaited("dundi", network=network, measurement=kind, metric=metric, **columns)


def trained(names: Sequence[str]) -> str:
    """How long these networks were trained, for a caption: " Trained for 10 of 10 epochs, CPU.", or each by name."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(schedule(name), []).append(experiment(name).label)
    found.pop(NOT_RUN, None)
    if len(found) > 1:
        return f" Trained: {'; '.join(' and '.join(labels) + f' for {said}' for said, labels in found.items())}."
    return "".join(f" Trained for {said}." for said in found)


def table1(dataset: str = "mnist", rule: Rule = "two-step") -> Table:
    """Accuracy with 1, 10 and 20 oracles a class; the softmax of the native networks in a column of its own."""
    cells: list[Cell] = []
    for name in NETWORKS[dataset]:
        label, native = f"{experiment(name).label} ({schedule(name)})", is_native(name)
        start = name if native else getattr(experiment(name).start, "name", None)  # its own frozen network's
        softmax = cell(found(start, "clean", attack="") if start else None, label, "softmax")
        cells.append(replace(softmax, paper=softmax.paper if native else None, applies=start is not None))
        for size in SIZES:
            row = None if native else found(name, "oracles", defense=read_by(size, rule))
            cells.append(replace(cell(row, label, counted_oracles(size)), applies=not native))
    caption = f"Accuracy in % on {SETS[dataset]}, {rule} rule, by the number of oracles a class. "
    caption += f"n = 10,000 images, seed 0. {DRAWS}; "
    caption += f"softmax: 95 % Wilson interval.{trained(NETWORKS[dataset])}"
    return Table(caption, tuple(cells), digits=2)


def table2() -> Table:
    """DunDi_R1 trained on more and more tuples: accuracy, and the mean success rate over the four attacks."""
    cells = []
    for name, count in LISTS.items():
        label = f"{count:,} tuples ({schedule(name)})"
        accuracy = maybe(stored_rows(name, "oracles"), metric="accuracy", defense=read_by())
        draws = accuracy.series["draws"] if accuracy else []
        own = {"network": name, "measurement": "table 2"}  # which prints another number than table 1
        cells.append(cell(mean_row(draws, n=accuracy.n if accuracy else None, **own), label, "accuracy"))
        cells.append(cell(success_row(name), label, "success rate"))
    caption = f"DunDi_R1 on MNIST with {N} oracles a class, in %. Success rate: what it reads right of images "
    caption += (
        f"made on Feinman's network, mean over four attacks, L-infinity, eps = {SOURCES['mnist'].eps:g} (JSMA: few "
    )
    caption += f"pixels). {DRAWS}. Seed 0.{trained(list(LISTS))}"
    return Table(caption, tuple(cells), digits=2)


def transfer_row(network: str, attack: str, images: str = CLEAN_CORRECT, defense: str | None = None) -> Row | None:
    """What a network reads right of the source's images, at the attack's full radius, or in the mean of the four."""
    if attack == MEAN:
        return mean_row(mean_of_four(network, images), attack=MEAN)
    eps = None if attack == "JSMA" else SOURCES[experiment(network).dataset].eps
    columns = {"images": images, "defense": usual(network) if defense is None else defense}
    return found(network, "transfer", attack=attack, eps=eps, **columns)


def mean_of_four(network: str, images: str = CLEAN_CORRECT) -> list[float]:
    """The mean of the rates under the four attacks, draw by draw; none before all are measured."""
    rows = [transfer_row(network, attack, images) for attack in ATTACKS]
    draws = [row.series.get("draws", [row.value]) for row in rows if row is not None and row.value is not None]
    return [mean(shares) for shares in zip(*draws, strict=True)] if len(draws) == len(ATTACKS) else []


def success_row(network: str, images: str = CLEAN_CORRECT) -> Row:
    """The mean over the four attacks, between the least and the most draw, with what the paper's table 2 prints."""
    own = {"network": network, "measurement": "table 2"} if images == CLEAN_CORRECT else {"network": network}
    return mean_row(mean_of_four(network, images), attack=MEAN, **own)


def mean_row(shares: Sequence[float], **columns: Any) -> Row:
    """The mean of some shares, between the least and the most of them, with the printed number beside it."""
    low, high = (min(shares), max(shares)) if len(shares) > 1 else (None, None)
    found = Row("accuracy", mean(shares) if shares else None, low=low, high=high, **columns)
    return join([found], reported("dundi"))[0]


def white_box_curve(network: str, attack: str = "worst case") -> dict[float, tuple[float, float, float]]:
    """What one attack leaves of one network, with the clean accuracy at 0; empty if not run."""
    rows = select(stored_rows(network, "white-box"), metric="accuracy", attack=("", attack))
    return dict(sorted((row.eps or 0.0, reading(row)) for row in rows))


def transfer_curve(network: str, attack: str) -> dict[float, tuple[float, float, float]]:
    """Success rate, least and most over the draws, of FGSM or iFGSM-b made on the source; empty if not run."""
    rows = select(stored_rows(network, "transfer"), attack=attack, images=CLEAN_CORRECT, defense=usual(network))
    draws = {row.eps or 0.0: row.series.get("draws", [row.value]) for row in rows}
    return {eps: (mean(shares), min(shares), max(shares)) for eps, shares in sorted(draws.items())}


def figure5() -> dict[str, dict[str, Any]]:
    """Attack -> stored images of MNIST before and after, and what their source says; empty if not run."""
    rows = stored_rows("dundi-mnist-feinman", "bayesian")
    return {a: unpacked(one(rows, metric="accuracy", attack=a).series["pictures"]) for a in ATTACKS if rows}
