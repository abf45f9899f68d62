"""The planted frauds of the chapter: what is laid over an undefended network, who is fooled, and who is not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import torch

from robustlib.attacks import APGD, BPDA, EOT, PGD
from robustlib.evaluation import frauds
from robustlib.evaluation.card.variations import at_radius
from robustlib.interfaces import Attack
from robustlib.losses import margin
from robustlib.models import Classifier
from robustlib.models.classifier import StopGradient

EPS = 0.3  # L-infinity, pixel units of [0, 1]
# At 0.3 the k winners, over weights that were trained without them, mask little: plain PGD finds nearly every image.
SMALLER = {"k winners take all": 0.2}
NAIVE = PGD(EPS, steps=20, stop_early=True)  # on the cross-entropy, from a random start
SHORT = PGD(EPS, steps=10, alpha=2 / 255, random_start=False, stop_early=True)  # covers 0.078 of 0.3
HONEST = PGD(EPS, steps=40, loss=margin, stop_early=True)
DRAWS = 20  # of EOT, for each step


def as_it_is(model: Classifier) -> Classifier:
    """The network without a fraud."""
    return model


@dataclass(frozen=True)
class Fraud:
    """A defence that only fools an attack, or an attack that only fools its author."""

    wrap: Callable[[Classifier], Classifier]
    fooled: Attack
    knowing: Attack  # the attack that passes the fraud
    known_as: str  # how rows and tables call it


FRAUDS: Mapping[str, Fraud] = {
    "saturated softmax": Fraud(frauds.saturated_softmax, NAIVE, replace(NAIVE, loss=margin), "PGD on the margin"),
    "stop gradient": Fraud(frauds.stop_gradient, NAIVE, BPDA(NAIVE, StopGradient), "BPDA, identity"),
    "random noise": Fraud(frauds.random_noise, NAIVE, EOT(NAIVE, DRAWS), f"EOT, {DRAWS} draws"),
    "step too small": Fraud(as_it_is, SHORT, NAIVE, "PGD that reaches"),
    "quantised input": Fraud(frauds.quantised_input, NAIVE, BPDA(NAIVE, frauds.Quantise), "BPDA, identity"),
    "k winners take all": Fraud(
        frauds.k_winners_take_all, NAIVE, BPDA(NAIVE, frauds.KWinners, torch.relu), "BPDA, ReLU"
    ),
}
DETECTOR = "rejects everything"  # beside the undefended network, under the honest evaluation
UNDEFENDED, TRAINED = "undefended", "trained on PGD"  # honest networks under an honest evaluation
HONEST_EVALUATION: Mapping[str, Attack] = {
    "PGD on the margin": HONEST,
    "APGD": APGD(EPS, steps=40, stop_early=True),
}


def radius(name: str) -> float:
    """The radius at which a fraud or an honest network is judged."""
    return SMALLER.get(name, EPS)


def in_words() -> str:
    """The radii of a table over all frauds."""
    return f"eps {EPS:g}, " + ", ".join(f"of {name} {eps:g}" for name, eps in SMALLER.items())


def evaluation_of(name: str) -> Mapping[str, Attack]:
    """The evaluation that is put before the card: the fooled attack of a fraud, the honest one of anything else."""
    return {"PGD": at_radius(FRAUDS[name].fooled, radius(name))} if name in FRAUDS else HONEST_EVALUATION


def laid_over(name: str, model: Classifier) -> Classifier:
    """The network with this fraud in front, or as it is."""
    return FRAUDS[name].wrap(model) if name in FRAUDS else model
