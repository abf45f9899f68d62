"""Two small tables: what AutoAttack leaves of the chapter's networks, and the report's triplets in another training."""

from robustlib.chapters.robust_representations import readings
from robustlib.chapters.robust_representations.readings import BIG, COLOURS, SMALL
from robustlib.evaluation import Cell, Table
from robustlib.evaluation.evidence import shown_eps
from robustlib.experiments.tables import cell, counted, spread

NETWORKS = {BIG: "ConvNet", SMALL: "LeNet"}
SUITE = ("softmax", "ours", "softmax-pgd", "ours-pgd", "joint", "joint-pgd")
RADII = (0.1, 0.2, 0.3)
SETTINGS = {0.1: "digits", 0.2: "digits", 0.3: "digits", COLOURS: "CIFAR-10"}  # of the chapter on AT2L
TERMS = {"none": "no triplets", "rr": "triplets", "rr-stopped": "triplets, stop-gradient"}


def auto_attack() -> Table:
    """What AutoAttack leaves, in %, of seed 0 of every network that met it."""
    cells = []
    for network, architecture in NETWORKS.items():
        for row in SUITE:
            found = {eps: readings.suite(row, eps, network=network) for eps in RADII}
            if all(found.values()):
                name = "_".join(part.upper() if part == "pgd" else part.capitalize() for part in row.split("-"))
                cells += [cell(of, f"{architecture}, {name}", f"at {eps:g}") for eps, of in found.items()]
    caption = (
        f"Robust accuracy in % under AutoAttack. L-infinity, n = {counted(cells)} test images, seed 0, 95 % Wilson "
    )
    return Table(f"{caption}intervals.", tuple(cells))


def another_training() -> Table:
    """What APGD-T leaves, in %, of networks of the chapter on AT2L, with the report's triplets and without."""
    cells = []
    for eps, dataset in SETTINGS.items():
        for term, row in TERMS.items():
            rows = readings.beside_pgd(term, eps)
            column = f"{dataset}, {shown_eps(eps)}"
            cells.append(spread(row, column, [cell(of, row, column) for of in rows] or [Cell(row, column)]))
    caption = "Robust accuracy in % under APGD-T at the radius of the training, L-infinity. Digits: LeNets; CIFAR-10: "
    caption += "ResNet-8s. One seed and its 95 % Wilson interval; at 0.2 three seeds, mean [least, most]. "
    return Table(f"{caption}n = {counted(cells)} test images.", tuple(cells))
