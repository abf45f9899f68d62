"""What attackers leave who know of the detector: table 3, table 4, and the attacks R1 to R3, from stored results."""

from typing import Any

from robustlib.evaluation import Cell, Table
from robustlib.experiments.detection_tables import LOSSES, SETS, auc_cell, paper_number, schedules, stored

HIDDEN = {
    "C&W-wb as printed": "C&W-wb, as printed",
    "C&W-wb by log-sum-exp": "the same, by log-sum-exp",
    "R1 at the median": "R1 at the median",
    "R1": "R1",
}
LEFT = {"detector-aware PGD": "detector-aware PGD", "and R2": "and then R2"}


def table3(what: str = "ratio") -> Table:
    """C&W-wb at the median threshold, as printed and stable, and R1 at 5 %: "ratio" not hidden, or "distortion"."""
    cells = []
    for loss, label in LOSSES.items():
        for dataset, said in SETS.items():
            result = stored(dataset, loss, "white-box")
            for name, words in HIDDEN.items():
                keys = {"dataset": said, "training": label, "metric": what}
                paper = paper_number("table3", **keys) if name == "C&W-wb as printed" else None
                scale = 100 if what == "ratio" else 1
                paper = None if paper is None else scale * paper
                found = result and result["facts"]["hidden"][name]
                cells.append(_hidden(f"{said} ({label})", words, paper, found, what))
    threshold = "Threshold: median of training images (R1: 5 % of held-out ones refused). Seed 0"
    if what == "ratio":
        caption = (
            f"Share of images that could not be hidden from the K-density detector, in %. {threshold}, 95 % Wilson."
        )
    else:
        caption = (
            "Mean distortion of the hidden images, L2 over the root of d, pixels in 0 .. 255, with the middle half "
        )
        caption += f"of the images in brackets. {threshold}."
    return Table(caption, tuple(cells))


def _hidden(row: str, column: str, paper: float | None, found: dict[str, Any] | None, what: str) -> Cell:
    if found is None:
        return Cell(row, column, paper)
    if what == "ratio":
        ours, low, high = (100 - 100 * found[key] for key in ("share", "high", "low"))
        return Cell(row, column, paper, ours, low, high, found["n"])
    sizes = found["distortion"]
    if sizes is None:
        return Cell(row, column, paper, n=0, note="no image was hidden")
    return Cell(row, column, paper, sizes["mean"], sizes["low"], sizes["high"], sizes["n"])


def left_table(dataset: str) -> Table:
    """What R2 leaves: images that are right, or wrong and refused, at every radius."""
    cells = []
    for loss, label in LOSSES.items():
        result = stored(dataset, loss, "adaptive")
        radii = result["evaluation"]["radii"] if result else [None]
        for attack, said in LEFT.items():
            for eps in radii:
                found = result and result["outcomes"][f"{attack} at {eps:g}"]
                ours, low, high = (100 * found[key] if found else None for key in ("accuracy", "low", "high"))
                column = f"eps {eps:.3g}" if found else "every eps"
                cells.append(Cell(f"{label}, {said}", column, None, ours, low, high, found["n"] if found else None))
    counts = " or ".join(str(n) for n in sorted({c.n for c in cells if c.n is not None})) or "0, not run"
    caption = f"Images of {SETS[dataset]} that are not both misread and accepted, in %. L-infinity, n = {counts}, "
    caption += "seed 0, 95 % Wilson intervals; the detector may refuse 5 % of clean images. "
    return Table(caption + schedules(dataset), tuple(cells))


def table4() -> Table:
    """AUC on ResNet-56 of images made against ResNet-32 by C&W-wb; the paper prints CIFAR-10 only."""
    cells = []
    for dataset in SETS:
        for target, said in LOSSES.items():
            result = stored(dataset, target, "black-box", 56)
            for source, label in LOSSES.items():
                keys = {"training": f"target trained with {said}", "dataset": SETS[dataset]}
                keys |= {"attack_params": f"substitute ResNet-32 trained with {label}"}
                found = result and result["facts"]["transfer"][f"C&W-wb from rce-{dataset}-resnet32-{source}"]
                row, column = f"{SETS[dataset]}, ResNet-56 ({said})", f"from ResNet-32 ({label})"
                cells.append(auc_cell(row, column, found and found["detection"], paper_number("table4", **keys)))
    caption = "AUC in % of the K-density detector of ResNet-56, over images made by C&W-wb against ResNet-32 that fool "
    return Table(caption + "ResNet-56. Seed 0, 95 % DeLong intervals.", tuple(cells))


def transfer_table(dataset: str) -> Table:
    """How many images that fool the substitute fool the target too, and how many of those its detector accepts."""
    cells = []
    results = {target: stored(dataset, target, "black-box", 56) for target in LOSSES}
    names = [name for result in results.values() if result for name in result["facts"]["transfer"]]
    attacks = list(dict.fromkeys(name.partition(" from ")[0] for name in names)) or ["R3"]
    for attack in attacks:
        for source, label in LOSSES.items():
            for target, said in LOSSES.items():
                result = results[target]
                found = result and result["facts"]["transfer"].get(f"{attack} from rce-{dataset}-resnet32-{source}")
                for kind, column in (("wrong", "wrong"), ("wrong and accepted", "and accepted")):
                    share = found and found[kind]
                    ours, low, high = (100 * share[k] if share else None for k in ("share", "low", "high"))
                    n = found["sent"] if found else None
                    cells.append(Cell(f"{attack} (from {label})", f"{said}: {column}", None, ours, low, high, n))
    caption = f"Share of images of {SETS[dataset]} that fool the substitute and its detector, and then the target, in "
    caption += "%. From ResNet-32 to ResNet-56, whose loss heads the column; C&W-wb in L2, R3 in L-infinity. Seed 0, "
    return Table(caption + "95 % Wilson intervals.", tuple(cells))
