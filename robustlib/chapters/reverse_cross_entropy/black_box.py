"""Detectors against attackers who have another network (Pang et al. 2018, section 4.5): table 4, and better attacks."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from robustlib.attacks import DetectorAwarePGD, evades
from robustlib.chapters.reverse_cross_entropy.adaptive import TURNS, Adaptive, feature_matching
from robustlib.chapters.reverse_cross_entropy.known_detector import DENSITY, MEDIAN, USABLE, held_out, known_detector
from robustlib.chapters.reverse_cross_entropy.white_box import PRINTED, WhiteBox
from robustlib.detectors import KernelDensity
from robustlib.evaluation import Outcome
from robustlib.evaluation.verdicts import correct
from robustlib.experiments.adversarial_examples import AdversarialExamples, craft
from robustlib.experiments.checkpoints import load_model
from robustlib.experiments.detector_rows import before_and_after, detection_rows, share_row
from robustlib.experiments.measurement import Findings, Subject
from robustlib.experiments.rows import Row, accuracy_row
from robustlib.interfaces import Attack, Detector
from robustlib.models.classifier import Classifier


@dataclass(frozen=True)
class BlackBox:
    """One target: images made against substitutes and their detectors are handed to it as they are."""

    gamma: float  # of the target's kernel density
    radii: tuple[float, ...]  # L-infinity, pixel units of [0, 1], the largest last
    substitutes: Mapping[str, tuple[WhiteBox, Adaptive]]  # network -> how it is attacked
    carlini_wagner_images: int = 100

    def __call__(self, on: Subject) -> Findings:
        density, at, rows = known_detector(on, self.gamma, USABLE)
        clean, attacks = held_out(density, on.dataset), {}
        for name, (white_box, adaptive) in self.substitutes.items():
            source = replace(on, model=load_model(name, on.seed, next(on.model.parameters()).device), network=name)
            own, its, _ = known_detector(source, white_box.gamma, MEDIAN, USABLE)
            folder = on.folder.parent / f"{name}-{own.origin[:8]}-sent-{on.n}"  # the same images for all targets
            for said, columns, attack, n in self.plans(white_box, adaptive, own, its, on.n):
                made = craft(source.model, said, attack, on.dataset.test[:n], folder, seed=on.seed, batch=50)
                rows += transfer_rows(made, on.model, density, at[USABLE], clean, source=name, **columns)
                attacks[f"{said} from {name}"] = attack
        return Findings(rows, attacks)

    def plans(
        self, white_box: WhiteBox, adaptive: Adaptive, own: KernelDensity, at: Mapping[float, float], n: int
    ) -> list[tuple[str, dict[str, Any], Attack, int]]:
        """What is sent from one substitute: for the record, its columns, the attack, and on how many images.

        By turns up to the density of a typical image, since what only just passes one detector does not pass another.
        """
        printed: dict[str, Any] = {"attack": PRINTED, "norm": "L2", "steps": white_box.steps}
        search = white_box.searches(own, at)[PRINTED, MEDIAN]
        plans = [(PRINTED, printed, search, min(n, self.carlini_wagner_images))]
        far, steps = self.radii[-1], adaptive.steps
        walks: list[tuple[str, float, Attack]] = [
            (TURNS, eps, DetectorAwarePGD(own, at[MEDIAN], eps, steps, precision="fast")) for eps in self.radii
        ]
        walks += [("feature matching", far, feature_matching(own, at[USABLE], far, steps, adaptive.targets))]
        for name, eps, attack in walks:
            columns = {"attack": name, "norm": "Linf", "eps": eps, "steps": steps}
            plans.append((f"{name} at {eps:g}", columns, attack, n))
        return plans


def transfer_rows(
    made: AdversarialExamples, model: Classifier, density: Detector, threshold: float, clean: Tensor, **columns: Any
) -> list[Row]:
    """What becomes, at the target, of the images that fool their source and that the target got right when clean."""
    x, y, x_adv = made.x, made.y, made.x_adv
    before, after = correct(model, x, y).cpu(), correct(model, x_adv, y).cpu()
    sent = made.fooled & before
    passed, n = sent & evades(model, density, threshold, x_adv, y).cpu(), int(sent.sum())
    outcome, guarded = Outcome(before & after, made.outcome.linf, made.outcome.l2, 0.0), columns | {"defense": DENSITY}
    found = before_and_after(density, AdversarialExamples(x, y, x_adv, before, outcome), clean)
    return [
        accuracy_row(outcome, seconds=None, **columns),
        share_row("transfer rate", int((sent & ~after).sum()), n, **columns),
        share_row("undetected", int(passed.sum()), n, false_positives=USABLE, **guarded),
        *detection_rows(found, **guarded),
    ]
