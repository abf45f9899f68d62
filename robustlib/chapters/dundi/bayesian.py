"""The column "Bayesian" of DunDi's figure 6: Feinman's detector on the network that the images were made on."""

from dataclasses import dataclass

import torch

from robustlib.chapters.dundi.source_images import Source, columns, said
from robustlib.detectors import BayesianDensity, KernelDensity
from robustlib.evaluation import Detection
from robustlib.evaluation.outcome import correct, seeded
from robustlib.experiments.adversarial_examples import AdversarialExamples
from robustlib.experiments.densities import fitted_density
from robustlib.experiments.detector_rows import BROKEN, clean_row, detection_rows, detector_scores
from robustlib.experiments.measurement import Findings, Subject
from robustlib.experiments.pictures import pictures
from robustlib.experiments.rows import accuracy_row
from robustlib.interfaces import Images
from robustlib.models import Classifier

HELD_OUT = f"second half of those {BROKEN}"


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
