"""Rows of ten images written by hand for the readings and the tables: every number differs from its neighbours."""

from typing import Any

import torch
from chapters.stored_by_hand import of_ten

from robustlib.chapters.madnet.adaptive import FEATURE, MARGIN, WEAK, WORST, transfer_from
from robustlib.chapters.madnet.bound import DECISION, FOUND, LOGITS, OWN, PRINTED
from robustlib.chapters.madnet.geometry import PLAIN, SMOOTHED
from robustlib.chapters.madnet.readings import AUTO
from robustlib.evaluation import Outcome
from robustlib.experiments import Row
from robustlib.experiments.detector_rows import share_row
from robustlib.experiments.rows import accuracy_row
from robustlib.experiments.standard_suite import WORST as SUITE_WORST

AT: dict[str, Any] = {"norm": "Linf", "eps": 0.1}


def fate(bits: str, moved: float = 0.05, **columns: Any) -> Row:
    """The accuracy of images of which each "1" stands."""
    far = torch.full((len(bits),), moved)
    return accuracy_row(Outcome(torch.tensor([b == "1" for b in bits]), far, far, 1.0), **columns)


def geometry(ratio: float) -> list[Row]:
    """Two lengths, their ratio and two gradients."""
    return [
        Row("eta", 1.25, 10), Row("margin", 3.0, 10, 2.5, 3.5), Row("Jacobian norm", 6.0, 10, 5.0, 7.0),
        Row("margin over Jacobian", ratio, 10, ratio - 0.125, ratio + 0.25),
        Row("Davies-Bouldin index", 0.75, 10, series={"map": {"x": [1.0], "y": [2.0], "label": [3]}}),
        Row("cluster distance", 4.5, 10, series={"centroids": [[0.0, 2.0], [2.0, 0.0]]}),
        Row("cluster variance", 1.5, 10),
        Row("gradient norm", 0.25, 10, attack=PLAIN), Row("gradient norm", 1.75, 10, attack=SMOOTHED),
        share_row("zero gradients", 3, 10, attack=PLAIN), share_row("zero gradients", 1, 10, attack=SMOOTHED),
    ]  # fmt: skip


MAD = [
    of_ten(10),
    fate("1111111000", attack=WEAK, **AT),
    fate("1111100000", attack=MARGIN, **AT),
    fate("0111100000", attack=FEATURE, **AT),
    fate("1110111111", attack=transfer_from("CE"), source="madnet-mnist-resnet8-ce", **AT),
    fate("1011111111", attack=transfer_from("CE + smoothing"), source="madnet-mnist-resnet8-smoothing", **AT),
    fate("0010100000", attack=WORST, **AT),
    fate("0000000000", attack=WEAK, norm="Linf", eps=0.2),
]
SUITE = [
    of_ten(10),
    fate("1111111111", attack="noise", **AT),
    fate("00111111", attack=AUTO, **AT),  # of fewer images
    fate("00111111", attack=SUITE_WORST, **AT),
    fate("0000000000", moved=0.15, attack=AUTO, norm="Linf", eps=0.2),
]
PRINTED_ATTACKS = [
    fate("1111011111", attack="BIM", **AT),
    fate("00000", attack="BIM", images="clean-correct", **AT),  # other images: no bits to lay over the rest
    fate("0000000000", attack="C&W", norm="L2"),
    fate("0000000000", moved=0.2, attack="said to be inside", **AT),  # and is not
]
HOLDS = {OWN: 7, PRINTED: 9, LOGITS: 6, DECISION: 10}
BOUND = [
    of_ten(10),
    Row("distortion", 2.0, 10, 1.5, 2.5, attack="DDN"),
    Row("distortion", 1.0, 10, 0.5, 1.5, attack=FOUND, series={"found": [1.0], OWN: [0.5]}),
    Row("bound", 0.5, 10, 0.25, 0.75, defense=OWN), Row("bound", 0.125, 10, defense=PRINTED),
    *(share_row("bound holds", hits, 10, defense=which) for which, hits in HOLDS.items()),
    Row("Taylor remainder", 0.4, 10, 0.3, 0.5, defense="features"), Row("Taylor remainder", 0.6, 10, defense="logits"),
]  # fmt: skip
CONFUSION = [of_ten(2, attack="C&W", series={"confusion": [[0, 1], [2, 0]]})]
CE, NETWORK = "madnet-mnist-resnet8-ce", "madnet-mnist-resnet8-mad"
FILES = {
    (NETWORK, "adaptive", 0): MAD, (NETWORK, "standard", 0): SUITE, (NETWORK, "white-box", 0): PRINTED_ATTACKS,
    (NETWORK, "standard", 1): [fate("1111111100", attack=SUITE_WORST, **AT), fate("11111111", attack=AUTO, **AT)],
    (NETWORK, "geometry", 0): geometry(0.5), (NETWORK, "geometry", 1): geometry(1.0), (NETWORK, "bound", 0): BOUND,
    **{(NETWORK, "clean", k): [of_ten(9 - k), of_ten(1, attack="FGSM")] for k in (0, 1)},
    (CE, "adaptive", 0): [of_ten(10), fate("1111000000", attack=WEAK, **AT), fate("1110000000", attack=WORST, **AT)],
    (CE, "geometry", 0): geometry(0.25), ("madnet-cifar10-resnet8-ce", "confusion", 0): CONFUSION,
}  # fmt: skip
