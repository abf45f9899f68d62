"""The defences of the book, each with its control: where its rows are, and which attack its paper evaluated it with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CLEAN_CORRECT = "right on the source when clean"  # of DunDi's transferred images, in the column `images`
TUNED = "detector-aware C&W"
# One attack under the name that each side has for it: DunDi has no logits, and its margin is one of distances.
SAME_ATTACK = {"margin PGD on distances": "margin PGD"}


@dataclass(frozen=True)
class Side:
    """A network, and by what its answer is read: the column `defense`."""

    network: str
    defense: str = ""


@dataclass(frozen=True)
class Defence:
    """A defence beside the same network without it.

    `own` finds the row of the paper's own attack; where the images were made on another network, `transferred`.
    `kinds` are the measurements whose attackers count at a radius, image by image.
    """

    label: str  # the paper or the defence, as the front page calls it
    claim: str  # what its paper prints, and where
    page: str  # of its chapter
    defended: Side
    control: Side
    without: str  # how the control is called
    own_kind: str
    own: Mapping[str, Any]
    kinds: tuple[str, ...]
    eps: float | None  # of the comparison, L-infinity, pixel units; None: a search for the nearest image, L2
    smaller: tuple[float, ...] = ()  # radii at which one of both keeps something
    metric: str = "accuracy"
    transferred: bool = False
    searched: Mapping[str, Any] = field(default_factory=dict)  # without a radius: the row of the strongest attack


RCE, RCE_CONTROL = (Side(f"rce-mnist-resnet32-{loss}", "K-density") for loss in ("rce", "ce"))
AT2L, AT2L_CONTROL = (Side(f"at2l-mnist-a-known-gradient-{method}-3") for method in ("at2l", "at"))
GAN, GAN_CONTROL = (Side(f"input-mnist-a-{how}", "Defense-GAN") for how in ("triplet", "adversarial"))
MEDIAN = {"false_positives": 0.5}  # the threshold of Pang et al. 2018: half of the training images are below it
DEFENCES = {
    "rr": Defence(
        "Robust representations", "table 1, row Ours, PGD", "../papers/robust_representations.ipynb",
        Side("rr-convnet-ours"), Side("rr-convnet-softmax"), "cross-entropy",
        "attacked", {"attack": "small-step PGD", "eps": 0.3}, ("attacked", "standard"), 0.3, (0.1,),
    ),
    "rce": Defence(
        "Reverse cross-entropy", "table 3, C&W-wb", "../papers/reverse_cross_entropy.ipynb",
        RCE, RCE_CONTROL, "cross-entropy",
        "white-box", {"attack": "C&W-wb as printed", **MEDIAN}, ("adaptive",), None, (0.1,),
        metric="detected", searched={"attack": TUNED, **MEDIAN},
    ),
    "dundi": Defence(
        "DunDi", "figure 6, iFGSM-a, mean of six networks", "../papers/dundi.ipynb",
        Side("dundi-mnist-r1", "two-step, 10 oracles"), Side("dundi-mnist-native1"), "LeNet-1 with softmax",
        "transfer", {"attack": "iFGSM-a", "eps": 0.3, "images": CLEAN_CORRECT}, ("white-box", "standard"), 0.3, (0.1,),
        transferred=True,
    ),
    "at2l": Defence(
        "AT²L", "supplement, table 4, FGSM", "../papers/at2l.ipynb", AT2L, AT2L_CONTROL, "without the triplet",
        "known", {"attack": "FGSM", "eps": 0.3}, ("known", "adaptive", "standard"), 0.3, (0.1, 0.2),
    ),
    "madnet": Defence(
        "MadNet", "table 1, PGD", "../papers/madnet.ipynb",
        Side("madnet-mnist-resnet8-mad"), Side("madnet-mnist-resnet8-ce"), "cross-entropy",
        "white-box", {"attack": "PGD", "eps": 0.1, "images": "clean-correct"},
        ("white-box", "adaptive", "standard", "black-box"), 0.1, (0.1,),
    ),
    "gan": Defence(
        "Defense-GAN + triplet", "AT²L's table 3, FGSM", "../papers/input_defences.ipynb",
        GAN, GAN_CONTROL, "without the triplet",
        "projected", {"attack": "FGSM", "eps": 0.3}, ("projected",), 0.3, transferred=True,
    ),
}  # fmt: skip
