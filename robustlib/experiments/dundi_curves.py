"""What the figures of the chapter on DunDi draw, from stored results only."""

from typing import Any

from robustlib.experiments.dundi_tables import ATTACKS, stored
from robustlib.experiments.oracle_rules import N
from robustlib.experiments.pictures import unpacked


def left_curves(name: str, attack: str = "worst case") -> dict[float, Any]:
    """{eps: stored outcome} of one attack on one network, with the clean accuracy at 0; empty if not run."""
    if (result := stored(name, "left")) is None:
        return {}
    at = {float(k.rsplit(" at ", 1)[1]): o for k, o in result["outcomes"].items() if k.startswith(f"{attack} at ")}
    return {0.0: result["outcomes"]["clean"]} | dict(sorted(at.items()))


def handed_curves(name: str, attack: str) -> dict[float, tuple[float, float, float]]:
    """{eps: success rate, least and most over the draws} of FGSM or iFGSM-b made on the source; empty if not run."""
    if (result := stored(name, "handed-over")) is None:
        return {}
    found = result["facts"]["handed over"]
    radii = {float(key.split()[1]): key for key in found if key.startswith(f"{attack} ")}
    radii[result["evaluation"]["source"]["eps"]] = attack
    curve = {}
    for eps, key in sorted(radii.items()):
        rate = found[key].get("softmax") or found[key][f"n = {N}"]
        draws = rate["all"]["draws"]
        curve[eps] = (rate["all"]["mean"], min(draws), max(draws))
    return curve


def figure5() -> dict[str, dict[str, Any]]:
    """Attack -> stored images of MNIST before and after, and what their source says; empty if not run."""
    result = stored("mnist-feinman", "bayesian")
    return {a: unpacked(result["facts"]["pictures"][a]) for a in ATTACKS} if result else {}
