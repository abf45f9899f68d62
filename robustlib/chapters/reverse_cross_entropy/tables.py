"""The tables of the chapter on reverse cross-entropy: the paper's numbers beside ours, from stored rows only."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from robustlib.evaluation import Cell, Table
from robustlib.experiments.printed import awaited
from robustlib.experiments.rows import Row, maybe, select
from robustlib.experiments.stored import stored_rows
from robustlib.experiments.tables import auc_cell, cell, complement, schedule

SETS = {"mnist": "MNIST", "cifar10": "CIFAR-10"}
LOSSES = ("CE", "RCE")
ATTACKS = ("FGSM", "BIM", "ILCM", "JSMA", "C&W", "C&W-hc")
METRICS = ("confidence", "non-ME", "K-density")
CHOSEN = "K-density, chosen gamma"
RADIUS = {"mnist": 0.16, "cifar10": 8 / 255}  # stands for the one that the paper does not print
DEMANDS = {"C&W": "C&W, kappa 0", "C&W-hc": "kappa 10 logits", "C&W at 99 %": "probability 0.99"}


def network(dataset: str, loss: str, depth: int = 32) -> str:
    """The name of a network of this chapter."""
    return f"rce-{dataset}-resnet{depth}-{loss.lower()}"


def schedules(dataset: str) -> str:
    """How long the ResNet-32 of one set were trained: "CE: 5 of 47 epochs, CPU; RCE: ..."."""
    return "; ".join(f"{loss}: {schedule(network(dataset, loss))}" for loss in LOSSES) + "."


def against(dataset: str, loss: str, attack: str, eps: float | None = None) -> list[Row]:
    """What was measured under one attack, at the radius of the tables unless another is given; JSMA, which has few,
    at the nearest it has.
    """
    rows = select(stored_rows(network(dataset, loss), ("oblivious", "carlini-wagner")), attack=attack)
    sizes, wanted = {row.eps for row in rows if row.eps is not None}, RADIUS[dataset] if eps is None else eps
    if attack == "JSMA":
        wanted = min(sizes, key=lambda size: abs(size - wanted), default=wanted)
    return select(rows, eps=wanted) if sizes else rows


def beside(rows: Sequence[Row], of: dict[str, Any], **columns: Any) -> Row | None:
    """The row with these columns; where there is none, the printed number that it would stand beside."""
    return maybe(rows, **columns) or awaited("rce", **of, **columns)


def ours_alone(row: Row | None) -> Row | None:
    """The same row without the printed number."""
    return row and replace(row, reported=None)


def table1() -> Table:
    """Test error without a detector."""
    cells = []
    for depth, loss in product((32, 56), LOSSES):
        said = "; ".join(f"{words} {schedule(network(dataset, loss, depth))}" for dataset, words in SETS.items())
        for dataset, column in SETS.items():
            of = {"dataset": dataset, "training": loss, "model": f"ResNet-{depth}"}
            row = beside(stored_rows(network(dataset, loss, depth), "clean"), of, metric="accuracy", attack="")
            cells.append(complement(cell(row, f"ResNet-{depth} ({loss}) ({said})", column)))
    caption = "Test error in %, without a detector. n = 10000 official test images, seed 0, 95 % Wilson intervals."
    return Table(caption, tuple(cells), digits=2)


def table2(dataset: str, eps: float | None = None) -> Table:
    """AUC of every metric against every attack on one set; at another `eps` than the named one without the printed
    numbers, which say no eps.
    """
    cells = []
    for attack, loss, detector in product(ATTACKS, LOSSES, (*METRICS, CHOSEN)):
        of = {"dataset": dataset, "training": loss, "attack": attack}
        row = beside(against(dataset, loss, attack, eps), of, metric="AUC", defense=detector)
        cells.append(auc_cell(row if eps is None else ours_alone(row), f"{attack} ({loss})", detector))
    caption = (
        f"AUC in % on {SETS[dataset]}, ResNet-32, over images right when clean and wrong when attacked. FGSM, BIM "
    )
    caption += f"and ILCM in L-infinity, eps = {eps or RADIUS[dataset]:.3g} (the paper prints none), "
    caption += "JSMA in steps of that size, C&W in L2. Seed 0, 95 % DeLong intervals. "
    return Table(caption + schedules(dataset), tuple(cells))


def radius_table(dataset: str, attack: str, detectors: Sequence[str] = ("non-ME", "K-density")) -> Table:
    """The AUC of some detectors against one attack, a column for each radius that was measured."""
    cells = []
    for detector, loss in product(detectors, LOSSES):
        label, rows = f"{detector} ({loss})", stored_rows(network(dataset, loss), "oblivious")
        found = sorted((row.eps or 0, row) for row in select(rows, metric="AUC", attack=attack, defense=detector))
        cells += [auc_cell(ours_alone(row), label, f"eps {eps:.3g}") for eps, row in found] or [
            Cell(label, "every eps")
        ]
    caption = f"AUC in % of {attack} on {SETS[dataset]}, ResNet-32, over images right when clean and wrong when "
    caption += "attacked. L-infinity, seed 0, 95 % DeLong intervals. "
    return Table(caption + schedules(dataset), tuple(cells))


def detection_rate_table(dataset: str, detector: str = "K-density") -> Table:
    """What one detector detects at 1 % and at 5 % false positives, thresholds from held-out clean images."""
    cells = []
    for attack, loss in product(ATTACKS, LOSSES):
        label, found = f"{attack} ({loss})", select(against(dataset, loss, attack), defense=detector)
        for row in select(found, metric="detection rate"):
            cells.append(cell(row, label, f"detected at {100 * (row.false_positives or 0):g} %"))
        cells += [auc_cell(ours_alone(row), label, "AUC") for row in select(found, metric="AUC")]
    caption = (
        f"Share of successful attacks on {SETS[dataset]} that {detector} detects, in %, at thresholds that reject 1 "
    )
    caption += "or 5 % of held-out clean images. Seed 0, 95 % intervals, for the threshold as it is."
    return Table(caption, tuple(cells))


def demand_table(dataset: str) -> Table:
    """What each demand on C&W achieves on each network, how far it has to go, and what the detectors say."""
    cells: list[Cell] = []
    sizes: set[int] = set()
    for (attack, words), loss in product(DEMANDS.items(), LOSSES):
        found, label = against(dataset, loss, attack), f"{words} ({loss})"
        sizes |= {row.n or 0 for row in select(found, metric="accuracy")}
        for column, scale, metric in (("probability, %", 100, "confidence"), ("distortion", 1, "distortion")):
            cells.append(replace(cell(maybe(found, metric=metric), label, column, scale=scale), n=None))
        for detector in (*METRICS, CHOSEN):
            cells.append(auc_cell(ours_alone(maybe(found, metric="AUC", defense=detector)), label, detector))
    caption = f"C&W on {SETS[dataset]}, L2, random targets, n = {' and '.join(map(str, sorted(sizes))) or 'not run'}. "
    caption += "Probability of the target and distortion (L2 over the root of d, pixels in 0 .. 255): medians, middle "
    return Table(caption + f"half. Detectors: AUC in %, 95 % DeLong. Seed 0. {schedules(dataset)}", tuple(cells))
