"""MadNet's ablation, its geometry, its bound and what adaptive attackers leave of it, from stored results only."""

from collections.abc import Iterable
from dataclasses import replace

from robustlib.chapters.madnet.adaptive import FEATURE, MARGIN, RADII, WEAK
from robustlib.chapters.madnet.bound import DECISION, LOGITS, OWN, PRINTED
from robustlib.chapters.madnet.readings import (
    AUTO,
    TRANSFERS,
    WORST,
    bound,
    clean,
    distortion,
    geometry,
    label,
    name_of,
    robust,
)
from robustlib.evaluation import Cell, Table
from robustlib.evaluation.evidence import shown_eps
from robustlib.experiments.tables import NOT_RUN, cell, counted, schedule

SETS = {"mnist": "MNIST", "cifar10": "CIFAR-10", "cifar100": "CIFAR-100"}
ABLATION = ("ce", "smoothing", "siamese", "variance", "mad", "released", "jacobian")
DEFENCES = ("ce", "pcl", "mad", "ce-pgd", "pcl-pgd", "mad-pgd")  # the last three train on PGD's images
NETWORKS = {"mnist": (*ABLATION, "pcl", *DEFENCES[3:]), "cifar10": ("ce", "mad"), "cifar100": ("ce", "mad")}
ATTACKED = (WEAK, MARGIN, FEATURE, TRANSFERS, AUTO, WORST)
SEEDS = "of several seeds the mean, between the least and the most"
METRICS = {  # metric -> column
    "eta": "eta",
    "margin": "margin, median",
    "Jacobian norm": "Jacobian norm",
    "margin over Jacobian": "margin over Jacobian",
    "Davies-Bouldin index": "Davies-Bouldin",
    "cluster variance": "cluster variance",
    "cluster distance": "cluster distance",
}
HELD = {  # which bound -> column
    OWN: "holds: nearest image",
    PRINTED: "holds: of the set, as printed",
    LOGITS: "holds: nearest image, logits",
    DECISION: "holds: to the border, logits",
}


def ablation(dataset: str = "mnist") -> Table:
    """Term by term: clean, under ten steps of PGD, and in the worst case of all attacks, at each radius."""
    cells: list[Cell] = []
    networks = tuple(m for m in NETWORKS[dataset] if m in ABLATION)
    for method in networks:
        name = label(method, dataset)
        cells.append(cell(clean(method, dataset), name, "clean"))
        for eps in RADII[dataset]:
            for attack, column in ((WEAK, WEAK), (WORST, "worst case")):
                cells.append(cell(robust(method, attack, eps, dataset), name, f"{column}, eps {shown_eps(eps)}"))
    attacked = counted(c for c in cells if c.column != "clean")
    caption = (
        f"Accuracy in % on {SETS[dataset]}, L-infinity: clean on all test images ({SEEDS}), under PGD of ten steps "
    )
    caption += f"and in the per-image worst case of every attack, AutoAttack among them, seed 0, n = {attacked}, "
    return Table(f"{caption}95 % Wilson.{trained(networks, dataset)}", tuple(cells))


def geometries(dataset: str = "mnist") -> Table:
    """Margin, Jacobian, ratio and clusters of every network."""
    cells: list[Cell] = []
    for method in NETWORKS[dataset]:
        cells += [cell(geometry(method, m, dataset), label(method, dataset), c, scale=1) for m, c in METRICS.items()]
    caption = (
        f"The embedding of {SETS[dataset]}'s test images, n = {counted(cells)} (Jacobian: the fewer). eta: the least "
    )
    caption += "distance of two classes; margin: the median distance of an image to the nearest of another class. "
    caption += (
        f"Lengths in units of the embedding, the ratio in pixel units, L2. Brackets: middle half of images; {SEEDS}."
    )
    return Table(caption + trained(NETWORKS[dataset], dataset), tuple(cells), digits=3)


def bounds(dataset: str = "mnist") -> Table:
    """The least distortion found beside the first-order bound, and the share of images on which that is a bound."""
    cells: list[Cell] = []
    for method in [m for m in NETWORKS[dataset] if m != "pcl-pgd"]:
        name = label(method, dataset)
        cells.append(cell(distortion(method, dataset=dataset), name, "distortion found", scale=1))
        cells.append(cell(bound(method, "bound", OWN, dataset), name, "bound", scale=1))
        cells += [cell(bound(method, which=which, dataset=dataset), name, column) for which, column in HELD.items()]
        cells.append(cell(bound(method, "Taylor remainder", "features", dataset), name, "Taylor remainder"))
    caption = f"MadNet's bound on {SETS[dataset]} beside the least L2 distortion that four attacks found, n = "
    caption += f"{counted(cells)} images right when clean, seed 0. Distortion and bound: median and middle half, pixel "
    caption += "units; shares of images that the bound holds on in %, 95 % Wilson; Taylor remainder in % of the "
    return Table(f"{caption}embedding's move, median.{trained(NETWORKS[dataset], dataset)}", tuple(cells), digits=2)


def adaptive(dataset: str = "mnist", eps: float = 0.1) -> Table:
    """Attackers who know the method, at one radius; networks trained on clean images, then those trained on PGD's."""
    networks = [m for m in DEFENCES if m in NETWORKS[dataset]]
    cells: list[Cell] = []
    for method in networks:
        name = label(method, dataset)
        cells.append(cell(clean(method, dataset), name, "clean"))
        for attack in ATTACKED:
            given = cell(robust(method, attack, eps, dataset), name, attack)
            cells.append(replace(given, applies=(method, attack) != ("ce", TRANSFERS)))  # it has no twin
    attacked = counted(c for c in cells if c.column != "clean")
    caption = (
        f"Robust accuracy in % on {SETS[dataset]}, L-infinity, eps = {shown_eps(eps)}, n = {attacked}, seed 0, 95 % "
    )
    caption += (
        f"Wilson; clean on all test images, {SEEDS}. The worst case is per image, over all of these and the suite."
    )
    return Table(caption + trained(networks, dataset), tuple(cells))


def trained(methods: Iterable[str], dataset: str) -> str:
    """How long these networks were trained, for a caption; nothing where none was."""
    said = dict.fromkeys(schedule(name_of(m, dataset)) for m in methods)
    there = [text for text in said if text != NOT_RUN]
    return f" Trained for {' or '.join(there)}." if there else ""
