"""The attacks of the chapter: those of the report's table 1, and the adaptive ones."""

from robustlib.attacks import BIM, FGSM, MIM, PGD, FeatureMatching, Noise, Restarts
from robustlib.interfaces import Attack, Means
from robustlib.losses import dlr, margin

EPS = 0.3  # table 1
RADII = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3)

# Paper silent on steps: ten for BIM and MIM, and two readings of its PGD, 2/255 x 10 and 0.01 x 40.
TABLE1: dict[str, Attack] = {
    "FGSM": FGSM(EPS),
    "BIM": BIM(EPS, steps=10),
    "MIM": MIM(EPS, steps=10),
    "small-step PGD": PGD(EPS, steps=10, alpha=2 / 255, random_start=False),
    "PGD": PGD(EPS, steps=40, alpha=0.01),
}


def margin_pgd(eps: float, restarts: int = 5) -> Restarts:
    """PGD on the logit margin, 100 steps of 0.02 from random starts, each image dropped as it breaks."""
    return Restarts(PGD(eps, steps=100, alpha=0.02, loss=margin, stop_early=True, precision="fast"), restarts)


def feature_matching(means: Means, eps: float, targets: int | None = None) -> FeatureMatching:
    """Towards the mean embedding of every other class, then 20 margin steps."""
    return FeatureMatching(means, eps, steps=40, alpha=0.02, finish=20, targets=targets, precision="fast")


def attacks_at_eps(means: Means) -> dict[str, Attack]:
    """Noise, table 1 and the adaptive attacks. PGD on the scale-free DLR sees through logits of any size."""
    adaptive: dict[str, Attack] = {
        "margin PGD": margin_pgd(EPS),
        "DLR PGD": PGD(EPS, steps=100, alpha=0.02, loss=dlr, stop_early=True, precision="fast"),
        "feature matching": feature_matching(means, EPS),
    }
    return {"noise": Noise(EPS)} | TABLE1 | adaptive
