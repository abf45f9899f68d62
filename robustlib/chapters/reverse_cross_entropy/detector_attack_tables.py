"""What goes beyond the paper: the bare networks, every detector under attack, C&W-wb taken apart, and noise."""

from itertools import product

from robustlib.chapters.reverse_cross_entropy.tables import CHOSEN, LOSSES, SETS, network, schedules
from robustlib.evaluation import Table
from robustlib.experiments.row_unions import over_seeds
from robustlib.experiments.rows import Row, maybe, select
from robustlib.experiments.standard_suite import WORST
from robustlib.experiments.stored import stored_rows
from robustlib.experiments.tables import auc_cell, cell, counted

TOGETHER = "non-ME and K-density, chosen gamma"
GUARDS = ("K-density", CHOSEN, "non-ME", TOGETHER)
VERDICTS = {"accuracy": "right", "detected": "rejected", "undetected": "fooled"}
NOISY = "noisy and attacked"
STARTS = ("at the image", "beyond the boundary")
CLASSES = ("one random class", "three likely classes")


def seeded(rows: list[Row]) -> str:
    """ "Seed 0", or "Mean of 2 seeds, least and most"."""
    seeds = len({row.seed for row in rows})
    return f"Mean of {seeds} seeds between the least and the most" if seeds > 1 else "Seed 0, 95 % Wilson intervals"


def suite_table(dataset: str, radii: tuple[float, ...] = (0.03, 0.05, 0.08, 0.1, 0.2)) -> Table:
    """Without a detector: what is left of either network under the standard suite, at every radius that was run."""
    rows = {loss: stored_rows(network(dataset, loss), ("standard", "bare")) for loss in LOSSES}
    cells, used = [], list[Row]()
    worst = {
        (eps, loss): select(rows[loss], metric="accuracy", attack=WORST, eps=eps) for eps in radii for loss in LOSSES
    }
    there = [eps for eps in radii if any(worst[eps, loss] for loss in LOSSES)]
    for eps, loss in product(there, LOSSES):
        used += (found := worst[eps, loss])
        cells.append(cell(over_seeds(found), f"{loss}, eps {eps:.3g}", "worst case of the suite"))
    caption = (
        f"Robust accuracy on {SETS[dataset]} in %, without a detector, in the worst case of noise, FGSM, margin PGD "
    )
    caption += f"and AutoAttack. L-infinity, n = {counted(cells)}. {seeded(used)}. "
    return Table(caption + schedules(dataset), tuple(cells))


def guarded_table(dataset: str = "mnist", radii: tuple[float, ...] = (0.05, 0.1)) -> Table:
    """The three verdicts under detector-aware PGD on each detector in turn."""
    rows = {loss: stored_rows(network(dataset, loss), "guarded") for loss in LOSSES}
    cells, used = [], list[Row]()
    for eps, guard, loss in product(radii, GUARDS, LOSSES):
        for metric, verdict in VERDICTS.items():
            found = select(rows[loss], metric=metric, defense=guard, eps=eps)
            used += found
            cells.append(cell(over_seeds(found), f"{guard} ({loss})", f"{verdict}, eps {eps:.3g}"))
    caption = (
        f"Share of the images of {SETS[dataset]}, in %, under detector-aware PGD on the detector that the row names: "
    )
    caption += "right, where margin PGD and no other attack looks for misread images; rejected; fooled. Thresholds "
    caption += "reject 5 % of held-out clean images. L-infinity, "
    return Table(f"{caption}n = {counted(cells)}. {seeded(used)}. {schedules(dataset)}", tuple(cells))


def search_table(dataset: str = "mnist", losses: tuple[str, ...] = LOSSES[::-1]) -> Table:
    """C&W-wb with its start, its classes and its threshold changed one at a time; what was not run is left out."""
    cells = []
    for loss, start, classes in product(losses, STARTS, CLASSES):
        for share, column in ((0.5, "threshold at the median"), (0.05, "threshold at 5 %")):
            kind, attack = "search", f"{start}, {classes}"
            if (start, classes) == (STARTS[1], CLASSES[1]):
                kind, attack = "white-box", "detector-aware C&W"
            rows = stored_rows(network(dataset, loss), kind, 0)
            if found := maybe(rows, metric="detected", attack=attack, false_positives=share):
                cells.append(cell(found, f"{loss}: start {start}, {classes}", column))
    caption = f"Share of the images of {SETS[dataset]} that the K-density still detects, in %, after C&W-wb by "
    caption += "log-sum-exp, with 5 searches of 150 steps for each class. L2, "
    return Table(f"{caption}n = {counted(cells)}, seed 0, 95 % Wilson intervals.", tuple(cells))


def noise_table(dataset: str = "mnist") -> Table:
    """How well each detector tells noisy from attacked images, and how many noisy ones it rejects."""
    cells = []
    for loss, guard in product(LOSSES, ("confidence", "non-ME", "K-density", CHOSEN)):
        rows, label = stored_rows(network(dataset, loss), "noise", 0), f"{guard} ({loss})"
        for attack in ("FGSM", "BIM"):
            found = maybe(rows, metric="AUC", attack=attack, defense=guard, images=NOISY)
            cells.append(auc_cell(found, label, f"AUC, {attack} against noise"))
        columns = {"attack": "noise", "defense": guard, "false_positives": 0.05}
        cells.append(cell(maybe(rows, metric="detected", **columns), label, "noisy images rejected"))
    caption = (
        f"AUC in % of attacked images of {SETS[dataset]} against noisy ones that are read right, and the share of "
    )
    caption += (
        "those that are rejected where 5 % of clean images are. Uniform noise and attacks in L-infinity, eps 0.16. "
    )
    return Table(f"{caption}Seed 0, 95 % intervals. {schedules(dataset)}", tuple(cells))
