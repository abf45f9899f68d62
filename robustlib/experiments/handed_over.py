"""Adversarial images made on another network and handed over as they are: figures 6 and 7, and table 2, of DunDi."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from robustlib.detectors import BayesianDensity, KernelDensity
from robustlib.evaluation import Outcome
from robustlib.evaluation.verdicts import correct, seeded
from robustlib.experiments.crafting import Crafted
from robustlib.experiments.densities import fitted_density
from robustlib.experiments.experiment import Measured
from robustlib.experiments.heads import features_of
from robustlib.experiments.oracle_rules import N, oracle_head, over_draws
from robustlib.experiments.pictures import pictures
from robustlib.experiments.scoring import pair, share
from robustlib.experiments.source_images import Source
from robustlib.interfaces import Images
from robustlib.models import Classifier


@dataclass(frozen=True)
class HandedOver:
    """Measures one network on the source's images; a distance network through oracles, over several draws of them."""

    source: Source
    oracles: bool = True  # False: a softmax network, judged as it is
    sizes: tuple[int, ...] = (1, 5, 10, 20)
    draws: int = 5

    def __call__(self, model: Classifier, dataset: Any, n: int, folder: Path) -> Measured:
        attacks = self.source.attacks() | self.source.smaller()
        made = self.source.made(dataset, next(model.parameters()).device, attacks)[1]
        readers = self.readers(model, dataset)
        usual = f"n = {N}" if self.oracles else "softmax"
        right = correct(Classifier(model.body, readers[usual][0]), *dataset.test[:n]).cpu()
        outcomes = {"clean": Outcome(right, *(torch.zeros(n),) * 2, 0.0)}
        facts: dict[str, Any] = {"handed over": {}}
        for name, images in made.items():
            found = facts["handed over"][name] = {
                "attacked": int(images.right.sum()),
                "fooled the source": share(int(images.fooled.sum()), int(images.right.sum())),
            }
            for size, heads in readers.items():
                answers = [correct(Classifier(model.body, head), images.x_adv, images.y).cpu() for head in heads]
                rates = {"all": images.right, "fooled": images.fooled}
                found[size] = {
                    kind: over_draws([a[rows].float().mean().item() for a in answers]) if rows.any() else None
                    for kind, rows in rates.items()
                }
                if size == usual:
                    rows, was = images.right, images.outcome
                    outcomes[name] = Outcome(answers[0][rows], was.linf[rows], was.l2[rows], 0.0)
        return Measured(outcomes, facts, attacks)

    def readers(self, model: Classifier, dataset: Any) -> Mapping[str, list[Any]]:
        """Heads to judge by: one for each draw of the oracles, or the network's own."""
        if not self.oracles:
            return {"softmax": [model.head]}
        z, y = features_of(model, dataset.train, len(dataset.train))
        classes = len(dataset.classes)
        return {f"n = {n}": [oracle_head(z, y, classes, n, d) for d in range(self.draws)] for n in self.sizes}


@dataclass(frozen=True)
class Bayesian:
    """The column "Bayesian" of figure 6: Feinman's detector on the source network, one regression for each attack.

    Fitted on the first half of what the attack broke, and measured on the second: the released code measures on what
    it was fitted on.
    """

    source: Source
    bandwidth: float  # scikit-learn's h of the kernel density, as released
    passes: int = 50

    def __call__(self, model: Classifier, dataset: Any, n: int, folder: Path) -> Measured:
        network, made = self.source.made(dataset, next(model.parameters()).device, self.source.attacks())
        density = fitted_density(self.source.network, network, dataset, 1 / (2 * self.bandwidth**2))
        facts: dict[str, Any] = {"gamma": density.gamma, "detection": {}}
        for name, images in made.items():
            facts["detection"][name] = self.judged(network, density, images, name)
        if dataset.name == "mnist":  # images of CIFAR-10 are not ours to publish
            facts["pictures"] = {name: pictures(network, images) for name, images in made.items()}
        outcomes = {name: images.outcome for name, images in made.items()}
        right = correct(network, *dataset.test[:n]).cpu()
        outcomes["clean"] = Outcome(right, *(torch.zeros(n),) * 2, 0.0)
        return Measured(outcomes, facts, self.source.attacks())

    def judged(self, model: Classifier, density: KernelDensity, images: Crafted, name: str) -> dict[str, Any] | None:
        """AUC and what is caught at few false positives, on images that the regression has not seen."""
        rows = images.fooled.nonzero()[:, 0]
        first, second = rows[: len(rows) // 2], rows[len(rows) // 2 :]
        if len(first) == 0:
            return None
        x, x_adv = images.x[first], images.x_adv[first]
        with seeded(0, f"noise {name}", x.device):
            detector = BayesianDensity.fit(model, density, x, as_noisy(x, x_adv), x_adv, self.passes)
            kept = torch.zeros_like(images.right)
            kept[second] = True
            judged = Crafted(images.x, images.y, images.x_adv, images.right & kept, images.outcome)
            return pair(detector, judged).record()


def as_noisy(x: Images, x_adv: Images) -> Images:
    """Gaussian noise of the attack's own mean square, clipped to [0, 1]: where the released code types a number."""
    spread = (x_adv - x).square().mean().sqrt()
    return (x + spread * torch.randn(x.shape, device="cpu").to(x)).clamp(0, 1)
