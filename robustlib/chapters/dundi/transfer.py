"""Adversarial images made on another network: what this one reads right of them (figures 6 and 7, and table 2, of
DunDi), and what Feinman's detector says of them on the network they were made on (the column "Bayesian" of figure 6).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from robustlib.chapters.dundi.oracles import draws_row, oracle_head, read_by
from robustlib.chapters.dundi.source_images import CLEAN_CORRECT, FOOLED, Source, columns, said
from robustlib.detectors import BayesianDensity, KernelDensity
from robustlib.evaluation import Detection
from robustlib.evaluation.verdicts import correct, seeded
from robustlib.experiments.adversarial_examples import AdversarialExamples
from robustlib.experiments.checkpoints import load_model
from robustlib.experiments.densities import fitted_density
from robustlib.experiments.detector_rows import BROKEN, clean_row, detection_rows, detector_scores
from robustlib.experiments.features import features_of
from robustlib.experiments.measurement import Findings, Subject
from robustlib.experiments.pictures import pictures
from robustlib.experiments.rows import accuracy_row
from robustlib.interfaces import Images
from robustlib.models import Classifier

HELD_OUT = f"second half of those {BROKEN}"


@dataclass(frozen=True)
class TransferAccuracy:
    """Measures one network on the source's images; a distance network through oracles, over several draws of them.

    Counted are the images that the source reads right when clean, all of them and those that fooled it.
    """

    source: Source
    oracles: bool = True  # False: a softmax network, read as it is
    sizes: tuple[int, ...] = (1, 5, 10, 20)
    draws: int = 5

    def __call__(self, on: Subject) -> Findings:
        attacks = self.source.attacks(smaller=True)
        network = load_model(self.source.network, on.seed, device=next(on.model.parameters()).device)
        heads = self.heads(on)
        usual = read_by() if self.oracles else ""
        clean = correct(Classifier(on.model.body, heads[usual][0]), *on.dataset.test[: on.n])
        rows = [draws_row([clean], defense=usual)]
        for key, made in self.source.made(network, on.dataset, attacks).items():
            made_by = {"source": self.source.network, **columns(key[0], attacks[key])}
            mean_l2 = made.outcome.l2.sum() / made.clean_correct.sum().clamp(min=1)  # the others did not move
            moved = {"largest_linf": round(made.outcome.linf.max().item(), 6), "mean_l2": round(mean_l2.item(), 4)}
            for defense, readers in heads.items():
                answers = [correct(Classifier(on.model.body, head), made.x_adv, made.y).cpu() for head in readers]
                every, fooled = ([a[which] for a in answers] for which in (made.clean_correct, made.fooled))
                rows.append(draws_row(every, defense=defense, images=CLEAN_CORRECT, **made_by, **moved))
                rows.append(draws_row(fooled, defense=defense, images=FOOLED, **made_by))
        return Findings(rows, {said(*key): attack for key, attack in attacks.items()})

    def heads(self, on: Subject) -> Mapping[str, list[Any]]:
        """Heads to read by, by what the rows call it: one for each draw of the oracles, or the network's own."""
        if not self.oracles:
            return {"": [on.model.head]}
        z, y = features_of(on.model, on.dataset.train, len(on.dataset.train))
        classes = len(on.dataset.classes)
        return {read_by(n): [oracle_head(z, y, classes, n, draw) for draw in range(self.draws)] for n in self.sizes}


@dataclass(frozen=True)
class BayesianDetection:
    """One regression for each attack, fitted on the first half of what the attack broke and measured on the second:
    the released code measures on what it was fitted on.
    """

    source: Source
    bandwidth: float  # scikit-learn's h of the kernel density, as released
    passes: int = 50

    def __call__(self, on: Subject) -> Findings:
        attacks = self.source.attacks()
        density = fitted_density(on.network, on.model, on.dataset, 1 / (2 * self.bandwidth**2), on.seed)
        rows = [clean_row(correct(on.model, *on.dataset.test[: on.n]).cpu())]
        for key, made in self.source.made(on.model, on.dataset, attacks).items():
            made_by = columns(key[0], attacks[key])
            # Images of CIFAR-10 are not ours to publish.
            shown = {"pictures": pictures(on.model, made)} if on.dataset.name == "mnist" else {}
            found = self.detection(on.model, density, made, key[0])
            rows.append(accuracy_row(made.outcome, series=shown, **made_by))
            rows += detection_rows(found, defense="Bayesian uncertainty", **made_by | {"images": HELD_OUT})
        return Findings(rows, {said(*key): attack for key, attack in attacks.items()})

    def detection(self, model: Classifier, density: KernelDensity, made: AdversarialExamples, name: str) -> Detection:
        """Scores before and after of images that the regression has not seen."""
        rows = made.fooled.nonzero()[:, 0]
        first, second = rows[: len(rows) // 2], rows[len(rows) // 2 :]
        if len(first) == 0:
            return Detection(torch.zeros(0), torch.zeros(0))
        x, x_adv = made.x[first], made.x_adv[first]
        with seeded(0, f"noise {name}", x.device):
            detector = BayesianDensity.fit(model, density, x, as_noisy(x, x_adv), x_adv, self.passes)
            return Detection(*(detector_scores(detector, images[second]) for images in (made.x, made.x_adv)))


def as_noisy(x: Images, x_adv: Images) -> Images:
    """Gaussian noise of the attack's own mean square, clipped to [0, 1]: where the released code types a number."""
    spread = (x_adv - x).square().mean().sqrt()
    return (x + spread * torch.randn(x.shape, device="cpu").to(x)).clamp(0, 1)
