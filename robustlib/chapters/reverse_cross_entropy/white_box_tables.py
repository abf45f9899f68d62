"""What attackers leave who know of the detector: table 3, table 4, and what goes beyond them, from stored rows only."""

from dataclasses import replace
from itertools import product

from robustlib.chapters.reverse_cross_entropy.tables import LOSSES, SETS, beside, network, ours_alone, schedules
from robustlib.evaluation import Cell, Table
from robustlib.experiments.rows import Row, maybe, select
from robustlib.experiments.stored import stored_rows
from robustlib.experiments.tables import auc_cell, cell, counted

SHORT = "C&W-wb, 1/36 steps"  # 5 x 500 of the paper's 9 x 10,000
SEARCHES = {  # attack, and what its threshold rejects -> column
    ("C&W-wb as printed", 0.5): SHORT,
    ("C&W-wb by log-sum-exp", 0.5): "same by log-sum-exp",
    ("detector-aware C&W", 0.5): "detector-aware C&W",
    ("detector-aware C&W", 0.05): "detector-aware C&W at 5 %",
}


def table3(what: str = "ratio") -> Table:
    """C&W-wb at the median threshold, as printed and stable, and tuned: "ratio" still detected, or "distortion"."""
    metric, cells = {"ratio": "detected", "distortion": "distortion"}[what], []
    for loss, (dataset, said), (key, words) in product(LOSSES, SETS.items(), SEARCHES.items()):
        rows, of = stored_rows(network(dataset, loss), "white-box"), {"dataset": dataset, "training": loss}
        row, label = beside(rows, of, metric=metric, attack=key[0], false_positives=key[1]), f"{said} ({loss})"
        if what == "distortion" and words == SHORT:  # a mean beside a mean: the middle half of images judges no mean
            cells.append(Cell(label, "the paper's C&W-wb", ours=None if row is None else row.reported))
        cells.append((cell if what == "ratio" else mean_cell)(row, label, words))
    threshold = "Threshold: half of the training images rejected, in the last column 5 % of held-out ones. Seed 0"
    if what == "ratio":
        caption = "Share of images that the K-density detector still detects after the attack, in %. "
        return Table(f"{caption}{threshold}, 95 % Wilson.", tuple(cells))
    caption = (
        "Mean distortion of the undetected images, L2 over the root of d, pixels in 0 .. 255, with the middle half "
    )
    return Table(caption + f"of the images in brackets. {threshold}.", tuple(cells))


def mean_cell(row: Row | None, label: str, column: str) -> Cell:
    """The mean of a distribution, as the paper has it, within its middle half, or alone where it lies outside."""
    if row is None or row.value is None or row.low is None or row.high is None:
        return cell(
            ours_alone(row), label, column, scale=1, note="" if row is None or row.n is None else "no image passed"
        )
    mean = row.series["mean"]
    low, high = (row.low, row.high) if row.low <= mean <= row.high else (None, None)
    return Cell(label, column, None, mean, low, high, row.n)


def adaptive_table(dataset: str) -> Table:
    """What survives the attackers who know the detector: images right, or wrong and rejected, at every radius."""
    cells: list[Cell] = []
    for loss, attack in product(LOSSES, ("detector-aware PGD", "detector-aware PGD, then feature matching")):
        found, label = select(stored_rows(network(dataset, loss), "adaptive"), attack=attack), f"{loss}, {attack}"
        cells += [cell(row, label, f"eps {radius(dataset, row.eps)}") for row in found] or [Cell(label, "every eps")]
    caption = (
        f"Images of {SETS[dataset]} that are not both misread and accepted, in %. L-infinity, n = {counted(cells)}, "
    )
    caption += "seed 0, 95 % Wilson intervals; the detector may reject 5 % of clean images. "
    return Table(caption + schedules(dataset), tuple(cells))


def radius(dataset: str, eps: float | None) -> str:
    """A radius as its set has it: "0.1", or of CIFAR-10 in grey levels, "2/255"."""
    return f"{eps or 0:.3g}" if dataset == "mnist" else f"{255 * (eps or 0):.3g}/255"


def table4() -> Table:
    """AUC on ResNet-56 of images made against ResNet-32 by C&W-wb; the paper prints CIFAR-10 only."""
    cells = []
    for (dataset, words), target, source in product(SETS.items(), LOSSES, LOSSES):
        rows, of = stored_rows(network(dataset, target, 56), "black-box"), {"dataset": dataset, "training": target}
        row = beside(rows, of, metric="AUC", attack="C&W-wb as printed", source=network(dataset, source))
        found = auc_cell(row, f"{words}, ResNet-56 ({target})", f"from ResNet-32 ({source})")
        cells.append(replace(found, note=found.note and "C&W-wb found no image to send"))
    caption = "AUC in % of the K-density detector of ResNet-56, over images made by C&W-wb against ResNet-32 that fool "
    return Table(caption + "ResNet-56. Seed 0, 95 % DeLong intervals.", tuple(cells))


def transfer_table(dataset: str) -> Table:
    """How many images that fool the substitute fool the target too, and how many of those its detector accepts."""
    cells = []
    rows = {target: stored_rows(network(dataset, target, 56), "black-box") for target in LOSSES}
    sent = [(row.attack, row.eps) for found in rows.values() for row in select(found, metric="transfer rate")]
    for (attack, eps), source, target in product(dict.fromkeys(sent) or [("C&W-wb", None)], LOSSES, LOSSES):
        label = f"{attack.removesuffix(' as printed')}{'' if eps is None else f' at {eps:g}'} (from {source})"
        found = select(rows[target], attack=attack, eps=eps, source=network(dataset, source))
        for metric, column in (("transfer rate", "misread"), ("undetected", "and accepted")):
            cells.append(cell(maybe(found, metric=metric), label, f"{target}: {column}"))
    caption = f"Share of images of {SETS[dataset]} that fool the substitute and its detector, and then the target, in "
    caption += (
        "%. From ResNet-32 to ResNet-56, whose loss heads the column; C&W-wb in L2, the others in L-infinity. Seed "
    )
    return Table(caption + "0, 95 % Wilson intervals.", tuple(cells))
