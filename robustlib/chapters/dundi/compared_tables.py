"""DunDi beside plain networks and beside the paper: the same attacks, the same images, one row each."""

from dataclasses import replace

from robustlib.chapters.dundi.oracles import read_by
from robustlib.chapters.dundi.rule_tables import SHOWN_RIGHT
from robustlib.chapters.dundi.source_images import CLEAN_CORRECT, SOURCES
from robustlib.chapters.dundi.tables import MEAN, NETWORKS, found, mean_row, success_row, trained, usual
from robustlib.chapters.dundi.unit_white_box import ON_CENTRES, ON_DISTANCES, ONWARDS, TOWARDS, TRANSFERRED
from robustlib.evaluation import Cell, Table
from robustlib.experiments.registry import experiment
from robustlib.experiments.standard_suite import WORST as WORST_OF_SUITE
from robustlib.experiments.stored import stored_rows
from robustlib.experiments.tables import cell, counted

SUITE = {
    "clean": "",
    "FGSM": "FGSM",
    "margin PGD": "margin PGD",
    "AutoAttack": "AutoAttack",
    "worst case": WORST_OF_SUITE,
}
SUITE_ON = (*NETWORKS["mnist"], "dundi-mnist-r1-36k", "dundi-mnist-r1-36k-unit")
FROM_NATIVE = "from the plain network"
HEADLINE = {
    "six DunDi, MNIST": ("mnist", ("r1", "r2", "r3", "p1", "p2", "p3")),
    "plain LeNets, MNIST": ("mnist", ("native1", "native2", "native3")),
    "DunDi_P, quarter VGG-16, CIFAR-10": ("cifar10", ("quarter-p",)),
    "plain quarter VGG-16, CIFAR-10": ("cifar10", ("quarter-native",)),
}
STRONGER = {FROM_NATIVE: TRANSFERRED, **{a: a for a in (ON_DISTANCES, ON_CENTRES, TOWARDS, ONWARDS, "worst case")}}


def suite(eps: float = 0.1) -> Table:
    """Every LeNet, plain or DunDi, under the same named attacks: the standard suite of the book."""
    cells = []
    there = [network for network in SUITE_ON if stored_rows(network, "standard")]
    absent = ", ".join(experiment(network).label for network in SUITE_ON if network not in there)
    for network in there:
        for column, attack in SUITE.items():
            radius = eps if attack else None
            row = found(network, "standard", attack=attack, eps=radius, defense=usual(network))
            cells.append(cell(row, experiment(network).label, column))
    caption = f"Robust accuracy in % under the same attacks for every row, MNIST, L-infinity, eps = {eps:g}, n = "
    caption += (
        f"{counted(cells)} (AutoAttack and the worst case: the smaller), seed 0, 95 % Wilson. DunDi: two-step rule."
    )
    return Table(caption + trained(there) + (f" Not run: {absent}." if absent else ""), tuple(cells))


def stronger(eps: float = 0.1) -> Table:
    """The network of unit length and its control of free length under attacks made for unit length."""
    cells = []
    for network in ("dundi-mnist-r1-36k-unit", "dundi-mnist-r1-36k"):
        for column, attack in STRONGER.items():
            row = found(network, "stronger", attack=attack, eps=eps, defense=read_by())
            cells.append(cell(row, experiment(network).label, column))
    caption = f"Robust accuracy in % on MNIST, L-infinity, eps = {eps:g}, n = {counted(cells)}, seed 0, 95 % Wilson. "
    caption += "Two-step rule, 10 oracles a class; the worst case is that of the columns before it."
    return Table(caption + trained(["dundi-mnist-r1-36k-unit", "dundi-mnist-r1-36k"]), tuple(cells))


def headline() -> Table:
    """The two numbers of the abstract beside ours, and plain networks on the same images."""
    cells: list[Cell] = []
    for label, (dataset, networks) in HEADLINE.items():
        rows = [success_row(f"dundi-{dataset}-{network}") for network in networks]
        values = [row.value for row in rows if row.value is not None]
        kind = "plain" if label.startswith("plain") else "DunDi"
        asked = {"attack": MEAN, "images": CLEAN_CORRECT, "dataset": dataset, "network": f"mean of the {kind} networks"}
        row = mean_row(values if len(values) == len(rows) else [], **asked)
        if len(rows) == 1:
            row = replace(rows[0], reported=row.reported)
        cells.append(cell(row, label, SHOWN_RIGHT))
    caption = "Mean over iFGSM-a, iFGSM-b, FGSM and JSMA of what is read right, in %, of the images made on Feinman's "
    caption += (
        f"networks, L-infinity, eps = {SOURCES['mnist'].eps:g} on MNIST and {SOURCES['cifar10'].eps:g} on CIFAR-10 "
    )
    caption += (
        "(JSMA: few pixels), n = 1000 (JSMA: 200) less those misread when clean, seed 0. Brackets on MNIST: least "
    )
    return Table(
        caption + "and most of the networks; on CIFAR-10 of five draws of the oracles.", tuple(cells), digits=2
    )
