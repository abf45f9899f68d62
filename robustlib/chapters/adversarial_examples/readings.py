"""The rows that the sentences of the chapter rest on."""

from robustlib.experiments import Row, one, stored_rows
from robustlib.experiments.standard_suite import WORST

NETWORKS = {"standard": "live-lenet-ce", "trained": "live-lenet-pgd"}
RADII = (0.1, 0.2, 0.3)


def clean(which: str) -> Row:
    """The share of the 500 digits read right without an attack."""
    return one(stored_rows(NETWORKS[which], "standard", 0), metric="accuracy", attack="", defense="")


def left(which: str, eps: float, attack: str = WORST) -> Row:
    """The share read right under an attack of the suite: of 200 digits in the worst case and under AutoAttack, of 500
    under the others.
    """
    return one(stored_rows(NETWORKS[which], "standard", 0), metric="accuracy", attack=attack, eps=eps, defense="")


def curve(which: str) -> dict[float, Row]:
    """From the clean digits on to the largest radius: the worst case at each."""
    return {0.0: clean(which)} | {eps: left(which, eps) for eps in RADII}
