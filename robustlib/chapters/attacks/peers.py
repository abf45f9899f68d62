"""The library's attacks beside those of other libraries, as a table: by attack, in words."""

from dataclasses import MISSING, fields
from typing import Any

from robustlib import attacks
from robustlib.describe import describe
from robustlib.evaluation import TextTable
from robustlib.experiments.results import results_folder
from robustlib.files import read_json

NAMES = {"APGDT": "APGD-T", "FAB": "FAB-T", "CarliniWagner": "C&W"}  # the others are called as their class
ORDER = (
    *("FGSM", "BIM", "MIM", "PGD", "ILCM", "APGD", "APGD-T", "FAB-T", "Square", "AutoAttack"),
    *("DeepFool", "DDN", "C&W", "JSMA"),
)
NETWORKS = {
    "rr-lenet-softmax": "MNIST, plain",
    "rr-lenet-softmax-pgd": "MNIST, adversarially trained",
    "target-cifar-resnet20": "CIFAR-10, plain",
}
NORMS = {"Linf": "L-infinity", "L2": "L2", "L0": "L0"}
RULE = "The same network, the first n official test images that it gets right, and the same settings. "
SPEED = " CPU time: theirs over ours on one thread, above 1 where ours needs less. Seed 0."
ON, TIME = ("attack", "how", "network", "n", "library"), "CPU time, theirs / ours"


def peers() -> TextTable:
    """The attacks with a budget beside those of other libraries: what each leaves of the same images.

    Raises: FileNotFoundError where it was not run: `make peers`.
    """
    said = "Ours, theirs: the share in % still read right after the attack; lower is a stronger attack."
    header = (*ON, "ours", "theirs", TIME)
    return TextTable(RULE + said + SPEED, header, _lines(True))


def peers_nearest() -> TextTable:
    """The minimum-norm attacks beside those of other libraries: how far the wrong images are that each found.

    Raises: FileNotFoundError as `peers`.
    """
    said = "Ours, theirs: the mean distance over the images broken, in pixel units of [0, 1] (JSMA: how many pixels); "
    said += "lower is a stronger attack. Broken: the share of the images in %."
    return TextTable(RULE + said + SPEED, (*ON, "ours", "broken", "theirs", "broken", TIME), _lines(False))


def _lines(share: bool) -> tuple[tuple[str, ...], ...]:
    """The stored comparisons of one kind, in the order of the attacks."""
    files = sorted((results_folder() / "peers").glob("*.json"))
    if not files:
        raise FileNotFoundError(f"{results_folder() / 'peers'}: nothing there; `make peers PEERS=--out` compares")
    way_out = "make it anew: `make peers PEERS=--out`"
    found = [(peer, of) for file in files for peer, of in read_json(file, "comparison of peers", way_out).items()]
    lines = [_line(peer, of, share) for peer, of in found if ("robust_accuracy" in of["ours"]) == share]
    return tuple(sorted(lines, key=lambda line: (ORDER.index(line[0]), line[1:5])))


def _line(peer: str, found: dict[str, Any], share: bool) -> tuple[str, ...]:
    """One comparison: the attack and how it was set, on what, and what either side left."""
    attack = _whole(found["attack"])
    name = NAMES.get(attack["class"], attack["class"])
    on = NETWORKS.get(found["network"], found["network"])
    sides = [text for side in ("ours", "peer") for text in _side(found[side], share)]
    how, library = _setting(name, attack, share), f"{peer} {found['version']}"
    return name, how, on, str(found["n"]), library, *sides, f"{found['ratio']:.2f}"


def _whole(attack: dict[str, Any]) -> dict[str, Any]:
    """A described attack with the fields that `describe` leaves out, for they are at their default."""
    of = getattr(attacks, attack["class"])
    made = {f.name: f.default_factory() for f in fields(of) if f.default_factory is not MISSING}
    made |= {f.name: f.default for f in fields(of) if f.default is not MISSING}
    return {name: describe(value) for name, value in made.items()} | attack


def _setting(name: str, attack: dict[str, Any], share: bool) -> str:
    """Steps, radius and what else sets two lines of one attack apart."""
    said = []
    if name in ("APGD-T", "FAB-T"):
        said.append(f"{attack['targets']} targets of {attack['steps']} steps")
    elif name == "C&W":
        said.append(f"{attack['binary_search_steps']} prices of {attack['steps']} steps")
    elif name == "Square":
        said.append(f"{attack['queries']} queries")
    elif attack.get("steps") and name != "AutoAttack":
        said.append(f"{attack['steps']} steps")
    if name == "PGD":
        said += [] if attack["random_start"] else ["from the image itself"]
        said += ["stops at the first error"] if attack["stop_early"] else []
    if share:
        eps = attack["eps"]
        said.append(f"{_norm(attack)}, eps {round(255 * eps)}/255" if eps < 0.02 else f"{_norm(attack)}, eps {eps:g}")
    else:
        said.append("fewest pixels" if name == "JSMA" else f"nearest in {_norm(attack)}")
    return "; ".join(said)


def _norm(attack: dict[str, Any]) -> str:
    """The norm in words; DDN and C&W have no field for theirs."""
    return NORMS[attack["norm"]["class"]] if "norm" in attack else "L2"


def _side(found: dict[str, Any], share: bool) -> tuple[str, ...]:
    """What one side left, or its mean distance and the share of images it broke."""
    if share:
        return (f"{100 * found['robust_accuracy']:.1f}",)
    norm = found["mean_norm"]
    return "none" if norm is None else f"{norm:.3f}", f"{100 * found['success']:.0f}"
