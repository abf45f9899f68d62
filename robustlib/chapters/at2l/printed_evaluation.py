"""The paper's own evaluation, put before the report card, in both readings of "white-box"."""

from robustlib.attacks import Transfer
from robustlib.chapters.at2l.static_adaptive import StaticAndAdaptive
from robustlib.experiments.card_rows import Card, of_own_attackers
from robustlib.experiments.checkpoints import load_model
from robustlib.experiments.measurement import Measurement, Subject
from robustlib.interfaces import Attack

EPS = 0.3  # supplement, of the FGSM family on all sets; ten iterations of 0.03
UNDEFENDED, DEFENDED = "at2l-mnist-a", "at2l-mnist-a-known-gradient-at2l-3"


def adaptive(on: Subject, eps: float) -> dict[str, Attack]:
    """The supplement's five on the network as it is, as the chapter measures them: the stronger reading."""
    return StaticAndAdaptive(UNDEFENDED, eps).attacks()


def static(on: Subject, eps: float) -> dict[str, Attack]:
    """The same, made on the undefended network and handed over, as the supplement words it."""
    network = load_model(UNDEFENDED, on.seed, on.dataset.test.x.device)
    return {name: Transfer(network, attack) for name, attack in adaptive(on, eps).items()}


ADAPTIVE = Card(adaptive, EPS, "Li et al. 2019, supplement, table 4, adaptive reading", passes=800)
# The attack follows the gradient of its source, and a class that is planted in the target is none of the source's.
OF_THE_TARGET = ("binarisation", "unavailable gradients", "unstable predictions")
STATIC = Card(
    static, EPS, "Li et al. 2019, supplement, table 4, static reading", unasked=OF_THE_TARGET, passes=800,
    left_out="what asks for the gradient of the target, which is not followed",
)  # fmt: skip
CARDS = (
    Measurement(DEFENDED, "card", ADAPTIVE, n=20),
    Measurement(DEFENDED, "static-card", STATIC, n=20, needs=(UNDEFENDED,)),
    Measurement(DEFENDED, "own-card", of_own_attackers(ADAPTIVE), n=20),
)
