"""TRADES and its control with the forty steps of their papers, beside nothing else."""

from robustlib.chapters.one_table.methods import RADII
from robustlib.evaluation import Cell, Table
from robustlib.experiments import maybe, registry, stored_rows
from robustlib.experiments.standard_suite import WORST
from robustlib.experiments.tables import cell, counted, schedule

LONGER = ("table-lenet-trades", "table-lenet-adversarial")
AUTO = "AutoAttack"


def longer_attack() -> Table:
    """TRADES and adversarial training under forty steps: clean, what AutoAttack and the whole suite leave."""
    cells: list[Cell] = []
    for network in LONGER:
        rows = stored_rows(network, "standard", 0)
        if not rows:
            continue
        name = f"{registry.experiment(network).label} ({schedule(network)})"
        clean = maybe(rows, metric="accuracy", attack="", defense="")
        cells.append(cell(clean, name, "clean"))
        for eps in RADII:
            for attack in (AUTO, WORST):
                row = maybe(rows, metric="accuracy", attack=attack, eps=eps, defense="")
                cells.append(cell(row, name, f"{attack} at {eps:g}"))
    n = counted(cells, nothing="")
    caption = f"Accuracy in % under the standard suite. L-infinity, n = {n} official test images (the fewer "
    return Table(f"{caption}under AutoAttack and in the worst case), seed 0, 95 % Wilson intervals.", tuple(cells))
