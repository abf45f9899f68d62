"""MadNet's first-order bound beside the least distortion that several attacks find, image by image."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch

from robustlib.attacks import DDN, FAB, CarliniWagner, DeepFool
from robustlib.chapters.madnet.geometry import digits, middle_row, to_other_classes
from robustlib.evaluation import distortion_bound, taylor_remainder
from robustlib.evaluation.layer import Layer
from robustlib.experiments.adversarial_examples import AdversarialExamples, craft
from robustlib.experiments.detector_rows import clean_row, share_row
from robustlib.experiments.features import features_of
from robustlib.experiments.measurement import Findings, Subject
from robustlib.experiments.rows import Row
from robustlib.geometry import L2
from robustlib.interfaces import Attack, Images, Labels, PerExample

FOUND = "least of all attacks"  # the column `attack`
# The column `defense`, which bound: an image's own margin, or the least of all as printed, over the image's Jacobian.
OWN, PRINTED, LOGITS = "margin of the image", "margin of the set, as printed", "margin of the image, in the logits"
DECISION = "margin to the boundary, in the logits"
ON: dict[str, Any] = {"norm": "L2", "images": "right when clean"}
LAYERS: tuple[Layer, ...] = ("features", "logits")


@dataclass(frozen=True)
class Bound:
    """Where is the first-order bound a bound? On the images that the network gets right.

    An attack finds a distortion that is enough, perhaps not the least: a bound above it is broken for certain, while
    one below it holds as far as anybody has searched.
    Source: Rozenberg et al. 2020 (MadNet), equations 1 to 3, and section 6 for the Taylor remainder.
    """

    among: int = 1000  # first test images: the margin is to the nearest of these that is of another class
    steps: int = 100  # of DDN, and of C&W for each weight
    searches: int = 9  # of C&W's weight
    walks: int = 30  # steps of FAB to each class

    def __call__(self, on: Subject) -> Findings:
        data, attacks = on.dataset.test[: on.n], self.attacks()
        made = {name: craft(on.model, name, a, data, on.folder, seed=on.seed) for name, a in attacks.items()}
        rows = [clean_row(made["DDN"].clean_correct)]
        for name, examples in made.items():
            rows.append(middle_row("distortion", examples.outcome.l2[examples.fooled], attack=name, **ON))
        nearest, distortion = least(made)
        found = distortion.isfinite()
        distortion, (x, y) = distortion[found], (part[found.to(part.device)] for part in data)
        if len(x) == 0:
            return Findings(rows, attacks)
        sides = {name: bound.cpu() for name, bound in self.bounds(on, (x, y)).items()}
        series = {name: listed(values) for name, values in sides.items()}
        series |= {"found": listed(distortion), "image": found.nonzero()[:, 0].tolist()}
        rows.append(replace(middle_row("distortion", distortion, attack=FOUND, **ON), series=series))
        for name, bound in sides.items():
            rows += bound_rows(bound, distortion, name)
        for layer in LAYERS:
            error = taylor_remainder(on.model, x, nearest[found.to(x.device)], layer)
            share = error.remainder / error.moved.clamp(min=1e-12)
            rows.append(middle_row("Taylor remainder", share, attack=FOUND, defense=layer, **ON))
        return Findings(rows, attacks)

    def attacks(self) -> dict[str, Attack]:
        """All minimise the L2 distance, and each comes nearest on some image."""
        cw = CarliniWagner(self.searches, self.steps, warm_start=DDN(20))
        return {"DDN": DDN(self.steps), "C&W": cw, "FAB": FAB(steps=self.walks, norm=L2()), "DeepFool": DeepFool()}

    def bounds(self, on: Subject, data: tuple[Images, Labels]) -> dict[str, PerExample]:
        """Each bound at these images, L2 in pixel units."""
        among = on.dataset.test[: self.among]
        features, logits = (distortion_bound(on.model, *data, among, layer) for layer in LAYERS)
        eta = to_other_classes(*features_of(on.model, on.dataset.test, self.among)).min().to(features.jacobian)
        printed = eta / features.jacobian
        return {OWN: features.bound, PRINTED: printed, LOGITS: logits.bound, DECISION: logits.of_the_decision}


def least(made: Mapping[str, AdversarialExamples]) -> tuple[Images, PerExample]:
    """Of each image the nearest that any attack broke, and its distance, on the CPU; inf where none broke it, and where
    the network was wrong from the start.
    """
    every = list(made.values())
    distances = torch.stack([e.outcome.l2.masked_fill(~e.fooled, torch.inf) for e in every])
    distance, which = distances.min(0)
    x_adv = torch.stack([e.x_adv for e in every])
    return x_adv[which.to(x_adv.device), torch.arange(len(which), device=x_adv.device)], distance


def bound_rows(bound: PerExample, distortion: PerExample, name: str) -> list[Row]:
    """The median bound, of how many images it is no larger than what was found, and the median of the two's ratio."""
    holds = int((bound <= distortion).sum())
    return [
        middle_row("bound", bound, defense=name, **ON),
        share_row("bound holds", holds, len(bound), attack=FOUND, defense=name, **ON),
        middle_row("distortion over bound", distortion / bound, attack=FOUND, defense=name, **ON),
    ]


def listed(values: PerExample) -> list[float | None]:
    """Four digits of each; None of what is infinite."""
    return [digits(v) if math.isfinite(v) else None for v in values.tolist()]
