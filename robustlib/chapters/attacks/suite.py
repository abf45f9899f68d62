"""Every attack of the library, at the settings of the literature."""

from robustlib import attacks as lib
from robustlib.geometry import L2
from robustlib.interfaces import Attack
from robustlib.losses import margin

STEPS = (1, 2, 5, 10, 20, 40, 100)  # gradient passes of the cost curve
QUERIES = (1, 10, 100, 1000)  # forward passes of Square on the same curve


def budget_attacks(eps: float) -> dict[str, Attack]:
    """One of each kind in the L-infinity ball."""
    return {
        "noise": lib.Noise(eps),
        "FGSM": lib.FGSM(eps),
        "ILCM": lib.ILCM(eps, steps=40),
        "BIM": lib.BIM(eps, steps=40),
        "MIM": lib.MIM(eps, steps=40),
        "PGD": lib.PGD(eps, steps=40),
        "margin PGD": lib.PGD(eps, steps=100, loss=margin, stop_early=True),
        "APGD": lib.APGD(eps, steps=100, stop_early=True),
        "APGD-T": lib.APGDT(eps, steps=100),
        "Square": lib.Square(eps, queries=5000),
        "AutoAttack": lib.AutoAttack(eps),
    }


def nearest_attacks() -> dict[str, Attack]:
    """The minimum-norm attacks in L2."""
    return {
        "DeepFool": lib.DeepFool(norm=L2()),
        "DDN": lib.DDN(steps=100),
        "C&W": lib.CarliniWagner(binary_search_steps=9, steps=100),
        "C&W from DDN": lib.CarliniWagner(binary_search_steps=1, steps=40, warm_start=lib.DDN(steps=100)),
        "FAB": lib.FAB(norm=L2(), steps=100),
    }


def climbs(eps: float) -> list[tuple[str, Attack]]:
    """The same attacks at several numbers of passes, for the curve of cost against strength."""
    found: list[tuple[str, Attack]] = []
    for t in STEPS:
        found += [("BIM", lib.BIM(eps, steps=t)), ("MIM", lib.MIM(eps, steps=t)), ("PGD", lib.PGD(eps, steps=t))]
        found += [("margin PGD", lib.PGD(eps, steps=t, loss=margin))] + [("APGD", lib.APGD(eps, steps=t))] * (t >= 5)
    return found + [("Square", lib.Square(eps, queries=t)) for t in QUERIES]


def quick_look(eps: float) -> list[tuple[str, Attack]]:
    """Enough to see that a target is neither broken nor robust."""
    return [("noise", lib.Noise(eps)), ("FGSM", lib.FGSM(eps)), ("PGD", lib.PGD(eps, 20, stop_early=True))]
