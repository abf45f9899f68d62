"""The tables and curves of the chapter on attacks: what each attack leaves, what it costs, and how near it gets."""

from dataclasses import replace

from robustlib.chapters.attacks.peers import peers as peers
from robustlib.chapters.attacks.peers import peers_nearest as peers_nearest
from robustlib.evaluation import Cell, Table, TextTable
from robustlib.experiments import maybe, one, select, stored_rows
from robustlib.experiments.readings import reading
from robustlib.experiments.tables import cell, counted

NETWORKS = {"plain": "rr-lenet-softmax", "adversarially trained": "rr-lenet-softmax-pgd"}
AHEAD = ("noise", "FGSM", "ILCM", "BIM", "MIM", "PGD", "margin PGD", "APGD", "APGD-T", "Square", "AutoAttack")
PASSES = ("forward passes", "backward passes")
Reading = tuple[float, float, float]  # a share and its interval


def strength() -> Table:
    """Robust accuracy under every budget attack on both networks, and the passes per image on the second one."""
    cells: list[Cell] = []
    passes = [Cell("clean", metric, None, float(metric == "forward passes")) for metric in PASSES]  # one look
    for attack in ("", *AHEAD):
        for network, name in NETWORKS.items():
            rows = stored_rows(name, "budget")
            column = network + "".join(sorted({f", eps {row.eps:g}" for row in rows if row.eps is not None}))
            cells.append(cell(maybe(rows, metric="accuracy", attack=attack), attack or "clean", column))
        if attack:
            passes = [cell(maybe(rows, metric=metric, attack=attack), attack, metric, scale=1) for metric in PASSES]
        cells += [replace(c, n=None) for c in passes]
    n, timed = counted(cells), counted(passes)
    caption = f"Robust accuracy in %. L-infinity, n = {n} official test images, seed 0, 95 % Wilson intervals. Passes: "
    return Table(caption + f"images through the second network for each image attacked, mean of {timed}.", tuple(cells))


def nearest() -> TextTable:
    """Mean and median distance of the minimum-norm attacks on both networks, their failures and their passes."""
    lines, images, timed = [], 0, None
    for network, name in NETWORKS.items():
        rows = stored_rows(name, "nearest")
        for row in sorted(select(rows, metric="distance"), key=lambda row: row.attack):
            spent = [one(rows, metric=metric, attack=row.attack) for metric in PASSES]
            said = ["none" if v is None else f"{v:.3f}" for v in (row.series["mean"], row.value)]
            said += [str(row.series["of each image"].count(None)), *(f"{p.value:.0f}" for p in spent)]
            lines.append((f"{row.attack} ({network})", *said))
            images, timed = len(row.series["of each image"]), spent[0].n
    caption = f"Nearest wrong image in L2, pixel units; n = {images} official test images, seed 0; an image that is "
    caption += f"wrong from the start has distance 0. Passes per image, mean of the first {timed}."
    return TextTable(caption, ("attack", "mean L2", "median L2", "failures", *PASSES), tuple(lines))


def climb_curves(network: str) -> dict[str, dict[int, Reading]]:
    """Attack -> {passes: share and interval}, for the curve of cost against strength."""
    found: dict[str, dict[int, Reading]] = {}
    for row in stored_rows(network, "passes"):
        if row.steps is not None:
            found.setdefault(row.attack, {})[row.steps] = reading(row)
    return {attack: dict(sorted(runs.items())) for attack, runs in sorted(found.items())}


def worst_case(network: str) -> Reading:
    """What survives every attack with a budget. Raises: LookupError where it was not measured."""
    return reading(one(stored_rows(network, "budget"), metric="accuracy", attack="worst case"))


def l2_points(network: str) -> dict[float, Reading]:
    """The sweep of PGD in the L2 ball: {eps: share and interval}."""
    rows = select(stored_rows(network, "nearest"), metric="accuracy", attack="PGD")
    return {row.eps: reading(row) for row in rows if row.eps is not None}


def distances(network: str) -> dict[str, list[float | None]]:
    """The L2 distance of each image by attack; None where it failed."""
    rows = sorted(select(stored_rows(network, "nearest"), metric="distance"), key=lambda row: row.attack)
    return {row.attack: row.series["of each image"] for row in rows}


ADVICE = (
    ("Is this network robust at eps?", "AutoAttack, then an attack made for it", "one number that is hard to fool"),
    ("Quick look while I develop", "margin PGD, 40 to 100 steps", "one gradient a step, and no saturation"),
    ("Images for adversarial training", "PGD, few steps, random start", "cheap, and new at every epoch"),
    ("How far is the nearest wrong image?", "DDN; C&W from its point if it matters", "the whole curve in one run"),
    ("How few pixels?", "JSMA", "counts pixels instead of measuring a distance"),
    ("The gradient is zero, or there is none", "Square; transfer", "they never ask for one"),
    ("The defence rejects inputs", "detector-aware PGD or C&W", "the score has to be part of the loss"),
    ("The defence lives in the embedding", "feature matching", "attacks where the defence is"),
)


def advice() -> TextTable:
    """Which attack for which question."""
    return TextTable("Which attack for which question.", ("you ask", "take", "because"), ADVICE)
