"""The one table: every network's standard suite, from rows only."""

from robustlib.evaluation import Cell, Table
from robustlib.experiments import maybe, registry, stored_rows
from robustlib.experiments.standard_suite import WORST
from robustlib.experiments.tables import cell, counted, schedule

ROWS = ("table-lenet-trades", "table-lenet-adversarial")
RADII = (0.1, 0.2, 0.3)
AUTO = "AutoAttack"


def table1() -> Table:
    """Clean accuracy, and what AutoAttack and the whole suite leave at each radius, of every network measured."""
    cells: list[Cell] = []
    for network in ROWS:
        rows = stored_rows(network, "standard", 0)
        if not rows:
            continue
        label = f"{registry.experiment(network).label} ({schedule(network)})"
        clean = maybe(rows, metric="accuracy", attack="", defense="")
        cells.append(cell(clean, label, "clean"))
        for eps in RADII:
            for attack in (AUTO, WORST):
                row = maybe(rows, metric="accuracy", attack=attack, eps=eps, defense="")
                cells.append(cell(row, label, f"{attack} at {eps:g}"))
    n = counted(cells, nothing="")
    caption = f"Accuracy in % under the standard suite. L-infinity, n = {n} official test images (the fewer "
    return Table(f"{caption}under AutoAttack and in the worst case), seed 0, 95 % Wilson intervals.", tuple(cells))
