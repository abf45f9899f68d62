"""Both networks under each attack of the standard suite, from rows only."""

from robustlib.chapters.adversarial_examples.readings import NETWORKS, RADII
from robustlib.evaluation import Cell, Table
from robustlib.experiments import maybe, registry, stored_rows
from robustlib.experiments.standard_suite import WORST
from robustlib.experiments.tables import cell, counted

ATTACKS = ("noise", "FGSM", "margin PGD", "AutoAttack", WORST)


def suite() -> Table:
    """A line for each network and radius: what each attack leaves."""
    cells: list[Cell] = []
    for name in NETWORKS.values():
        rows = stored_rows(name, "standard", 0)
        if not rows:
            continue
        label = registry.experiment(name).label
        for eps in RADII:
            for attack in ATTACKS:
                row = maybe(rows, metric="accuracy", attack=attack, eps=eps, defense="")
                cells.append(cell(row, f"{label}, eps {eps:g}", attack))
    n = counted(cells, nothing="")
    caption = f"Digits read right, in %. L-infinity, n = {n} official test images (the fewer under AutoAttack and in "
    return Table(f"{caption}the worst case), seed 0, 95 % Wilson intervals.", tuple(cells))
