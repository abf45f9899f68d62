"""The tables of the chapter on attacks: what each attack leaves, what it costs, and how the peers fare."""

from statistics import mean, median
from typing import Any

from robustlib.evaluation import Cell, Table, TextTable
from robustlib.experiments.results import load_result, results_folder
from robustlib.files import read_json

NETWORKS = {"plain": "attacks-lenet-softmax", "adversarially trained": "attacks-lenet-softmax-pgd"}
AHEAD = ("clean", "noise", "FGSM", "ILCM", "BIM", "MIM", "PGD", "margin PGD", "APGD", "APGD-T", "Square", "AutoAttack")
FORWARD, BACKWARD = "forward passes", "backward passes"


def strength_table() -> Table:
    """Robust accuracy under every budget attack on both networks, and the passes per image on the second one."""
    cells, counts = [], set()
    for name in AHEAD:
        for network, survey in NETWORKS.items():
            result = load_result(survey)
            found = result["outcomes"][name]
            share, low, high = (100 * found[key] for key in ("accuracy", "low", "high"))
            column = f"{network}, eps {result['facts']['eps']:g}"
            cells.append(Cell(name, column, None, share, low, high, found["n"]))
            counts.add(found["n"])
        spent = result["facts"]["cost"].get(name, {"forward": 1.0, "backward": 0.0})  # "clean" is one look
        cells += [Cell(name, FORWARD, None, spent["forward"]), Cell(name, BACKWARD, None, spent["backward"])]
    n, timed = " or ".join(map(str, sorted(counts))), result["facts"]["cost"]["FGSM"]["n"]
    caption = f"Robust accuracy in %. L-infinity, n = {n} official test images, seed 0, 95 % Wilson intervals. Passes: "
    return Table(caption + f"images through the second network for each image attacked, mean of {timed}.", tuple(cells))


def nearest_table() -> TextTable:
    """Mean and median distance of the minimum-norm attacks on both networks, their failures and their passes."""
    lines = []
    for network, survey in NETWORKS.items():
        facts = load_result(survey)["facts"]
        for name, sizes in facts["distance"].items():
            found, spent = [size for size in sizes if size is not None], facts["cost"][name]
            said = [f"{value:.3f}" for value in (mean(found), median(found))]
            passes = [f"{spent[way]:.0f}" for way in ("forward", "backward")]
            lines.append((f"{name} ({network})", *said, str(len(sizes) - len(found)), *passes))
    caption = (
        f"Nearest wrong image in L2, pixel units; n = {len(sizes)} official test images, seed 0; an image that is "
    )
    caption += f"wrong from the start has distance 0. Passes per image, mean of the first {spent['n']}."
    header = ("attack", "mean L2", "median L2", "failures", FORWARD, BACKWARD)
    return TextTable(caption, header, tuple(lines))


def climb_curves(survey: str) -> dict[str, dict[int, Any]]:
    """Attack -> {passes: stored outcome}, for the curve of cost against strength."""
    found: dict[str, dict[int, Any]] = {}
    for name, outcome in load_result(survey)["outcomes"].items():
        attack, comma, passes = name.rpartition(", ")
        if comma and passes.endswith(" passes"):
            found.setdefault(attack, {})[int(passes.removesuffix(" passes"))] = outcome
    return {attack: dict(sorted(runs.items())) for attack, runs in found.items()}


def l2_points(survey: str) -> dict[float, Any]:
    """The stored L2 sweep of PGD: {eps: outcome}."""
    outcomes = load_result(survey)["outcomes"]
    return {float(k.removeprefix("PGD-L2 at ")): o for k, o in outcomes.items() if k.startswith("PGD-L2 at ")}


def peers_table() -> TextTable:
    """Ours beside other libraries on the same images and budget, from the stored comparison.

    Raises: FileNotFoundError where it was not run: `make peers`.
    """
    files = sorted((results_folder() / "peers").glob("*.json"))
    if not files:
        raise FileNotFoundError(f"{results_folder() / 'peers'}: nothing there; `make peers PEERS=--out` compares")
    lines, way_out = [], "make it anew: `make peers PEERS=--out`"
    for file in files:
        for peer, found in sorted(read_json(file, "comparison of peers", way_out).items()):
            measure = "robust accuracy" if "robust_accuracy" in found["ours"] else "mean distance"
            sides = [_said(found[side], measure) for side in ("ours", "peer")]
            attack, faster = file.stem, f"{found['ratio']:.2f}"
            lines.append((attack, f"{peer} {found['version']}", str(found["n"]), measure, *sides, faster))
    header = ("attack", "peer", "n", "measure", "ours", "theirs", "speed: theirs / ours")
    return TextTable(PEERS, header, tuple(lines))


PEERS = (
    "The same network, the first n official test images that it gets right, the same budget. Robust accuracy and "
    "distance: lower is a stronger attack. A mean distance is over the images broken, whose share is in brackets. "
    "Speed: CPU seconds of one thread, above 1 where ours needs fewer. Seed 0."
)


def _said(found: dict[str, Any], measure: str) -> str:
    """One side of a line of the peers' table."""
    if measure == "robust accuracy":
        return f"{100 * found['robust_accuracy']:.1f} %"
    norm = found["mean_norm"]
    return "none" if norm is None else f"{norm:.3f} [{100 * found['success']:.0f} %]"


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
