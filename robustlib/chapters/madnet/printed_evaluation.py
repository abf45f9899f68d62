"""The paper's own evaluation, put before the report card: FGSM, BIM and PGD of table 1, and its capped C&W."""

from robustlib.attacks import BIM, FGSM, PGD, Capped
from robustlib.chapters.madnet.white_box import of_one_weight, of_weight
from robustlib.experiments.card_rows import Card, of_own_attackers
from robustlib.experiments.measurement import Measurement, Subject
from robustlib.interfaces import Attack

EPS = 0.1  # the one radius of table 1 that all three sign attacks have
CAP, WEIGHT = 0.3, 10.0  # section 5.1: of the change of a pixel; table 1: the largest c, which breaks most


def sign_attacks(on: Subject, eps: float) -> dict[str, Attack]:
    """FGSM, and ten iterations of BIM and PGD (table 5). No step is printed: those of the source papers reach eps."""
    return {"FGSM": FGSM(eps), "BIM": BIM(eps), "PGD": PGD(eps, steps=10)}


def capped(on: Subject, cap: float) -> dict[str, Attack]:
    """C&W with 1000 iterations, one search step and confidence 0 (table 5), its examples clipped to the cap."""
    return {of_weight(WEIGHT): Capped(of_one_weight(WEIGHT), cap)}


TABLE1 = Card(
    sign_attacks, EPS, "Rozenberg et al. 2020, table 1", left_out="C&W: it has a cap of 0.3, and its own card"
)
CAPPED = Card(
    capped, CAP, "Rozenberg et al. 2020, table 1, C&W, c = 10",
    left_out="what needs the 1000 iterations once more for each answer: other steps, many radii, the lower envelope",
    unasked=(
        "doubled steps", "monotone in steps", "monotone in eps", "silent success", "incomplete optimisation",
        "lower envelope",
    ),
)  # fmt: skip
MAD = "madnet-mnist-resnet8-mad"
CARDS = (
    Measurement(MAD, "card", TABLE1, n=20),
    Measurement(MAD, "own-card", of_own_attackers(TABLE1), n=20),
    Measurement(MAD, "cw-card", CAPPED, n=20),
)
