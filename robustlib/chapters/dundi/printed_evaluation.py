"""The paper's own evaluation, put before the report card: images made on another network, read by DunDi."""

from dataclasses import replace

from robustlib.attacks import Transfer
from robustlib.chapters.dundi.oracles import read_by, two_step
from robustlib.chapters.dundi.source_images import SOURCES
from robustlib.experiments.card_rows import Card, of_suite
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


FIGURE6 = Card(
    handed_over, SOURCES["mnist"].eps, "Cui et al. 2019, figure 6",
    left_out="JSMA has no radius in L-infinity; binarisation: the planted class is none of the source's",
    defense=read_by(), target=two_step, unasked=("binarisation",),
)  # fmt: skip
CARDS = (
    Measurement("dundi-mnist-r1", "card", FIGURE6, n=50, needs=(SOURCE,)),
    Measurement("dundi-mnist-r1", "suite-card", of_suite(FIGURE6), n=50),
)
