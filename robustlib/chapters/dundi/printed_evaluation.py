"""The paper's own evaluation, put before the report card: images made on another network, read by DunDi."""

from dataclasses import replace

from robustlib.attacks import Transfer
from robustlib.chapters.dundi.oracles import read_by, two_step
from robustlib.chapters.dundi.source_images import SOURCES
from robustlib.experiments.card_rows import Card, of_own_attackers
from robustlib.experiments.checkpoints import load_model
from robustlib.experiments.measurement import Measurement, Subject
from robustlib.interfaces import Attack

# Paper: Feinman's network, whose weights do not ship. This one shares DunDi_R1's layers, so that more transfers.
SOURCE = "dundi-mnist-native1"


def handed_over(on: Subject, eps: float) -> dict[str, Attack]:
    """FGSM and both iFGSM: 50 steps of 0.01 in a ball of 0.3, as released with Feinman et al. 2017, whose generator
    section 4.1 of the paper names.
    """
    network = load_model(SOURCE, on.seed, device=on.dataset.test.x.device)
    attacks = replace(SOURCES["mnist"], eps=eps).attacks()
    return {name: Transfer(network, attack) for (name, radius), attack in attacks.items() if radius is not None}


def stopped_early(on: Subject, eps: float) -> dict[str, Attack]:
    """iFGSM-a alone, which stops where the source is fooled: the attack of figure 6 that DunDi withstands best."""
    return {"iFGSM-a": handed_over(on, eps)["iFGSM-a"]}


# The attack follows the gradient of its source, and a class that is planted in the target is none of the source's.
OF_THE_TARGET = ("binarisation", "unavailable gradients", "unstable predictions")
FIGURE6 = Card(
    handed_over, SOURCES["mnist"].eps, "Cui et al. 2019, figure 6",
    left_out="JSMA, which has no radius in L-infinity; what asks for the gradient of the target, which is not followed",
    defense=read_by(), target=two_step, unasked=OF_THE_TARGET,
)  # fmt: skip
IFGSM_A = replace(FIGURE6, attacks=stopped_early, source="Cui et al. 2019, figure 6, iFGSM-a alone")
CARDS = (
    Measurement("dundi-mnist-r1", "card", FIGURE6, n=50, needs=(SOURCE,)),
    Measurement("dundi-mnist-r1", "ifgsm-a-card", IFGSM_A, n=50, needs=(SOURCE,)),
    Measurement("dundi-mnist-r1", "own-card", of_own_attackers(FIGURE6), n=50),
)
