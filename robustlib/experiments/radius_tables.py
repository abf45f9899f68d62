"""What detectors see of one attack at every radius, from stored results only."""

from robustlib.evaluation import Cell, Table
from robustlib.experiments.detection_tables import LOSSES, SETS, auc_cell, name_at, schedules, stored


def radius_table(dataset: str, attack: str, metrics: tuple[str, ...] = ("non-ME", "K-density")) -> Table:
    """The AUC of some detectors against one attack, a column for each radius that its survey has."""
    cells: list[Cell] = []
    for metric in metrics:
        for loss, label in LOSSES.items():
            row, result = f"{metric} ({label})", stored(dataset, loss, "oblivious")
            if result is None:
                cells.append(Cell(row, "every eps"))
                continue
            found = result["facts"]["detection"]
            names = {eps: name_at(result, attack, eps) for eps in result["evaluation"]["radii"]}
            cells += [auc_cell(row, f"eps {eps:.3g}", found[name][metric]) for eps, name in names.items()]
    caption = f"AUC in % of {attack} on {SETS[dataset]}, ResNet-32, over images right when clean and wrong when "
    caption += "attacked. L-infinity, seed 0, 95 % DeLong intervals. "
    return Table(caption + schedules(dataset), tuple(cells))
