"""Where an untargeted attack sends the images of a class, beside which classes lie near one another (figure 1)."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from robustlib.attacks import CarliniWagner
from robustlib.chapters.madnet.adaptive import class_means
from robustlib.experiments.adversarial_examples import craft
from robustlib.experiments.attack_rows import attack_columns
from robustlib.experiments.detector_rows import clean_row, share_row
from robustlib.experiments.features import features_of
from robustlib.experiments.measurement import Findings, Subject
from robustlib.experiments.rows import accuracy_row
from robustlib.gradient import search_logits
from robustlib.interfaces import Labels, Means

NAME = "C&W"


@dataclass(frozen=True)
class Confusion:
    """C&W on the first test images: the classes that it leads to, and how often to the one with the nearest centre.

    Source: Rozenberg et al. 2020 (MadNet), figure 1b. (Paper silent on C&W's settings there.)
    """

    attack: CarliniWagner = CarliniWagner(2, 100, c=0.1)
    training: int = 5000  # first training images, of which the centres are

    def __call__(self, on: Subject) -> Findings:
        made = craft(on.model, NAME, self.attack, on.dataset.test[: on.n], on.folder, seed=on.seed)
        classes, broken = len(on.dataset.classes), made.fooled
        x_adv, y = made.x_adv[broken.to(made.x_adv.device)], made.y[broken.to(made.y.device)]
        with torch.no_grad():
            said = torch.cat([search_logits(on.model, part).argmax(1) for part in x_adv.split(250)]) if len(y) else y
        means = class_means(*features_of(on.model, on.dataset.train, self.training), classes)
        near = nearest_centre(means)
        columns: dict[str, Any] = {"attack": NAME, **attack_columns(self.attack)}
        series = {"confusion": counts(y, said, classes).tolist(), "nearest": near.tolist()}
        rows = [clean_row(made.clean_correct), accuracy_row(made.outcome, series=series, **columns)]
        rows.append(share_row("to the nearest centre", int((near[y] == said).sum()), len(y), **columns))
        return Findings(rows, {NAME: self.attack})


def nearest_centre(means: Means) -> Tensor:
    """The class whose mean is nearest to each one's own by Euclidean distance. Shapes: (k, d) -> (k,)."""
    apart = torch.cdist(means, means).nan_to_num(torch.inf)
    return apart.fill_diagonal_(torch.inf).argmin(1)


def counts(y: Labels, said: Labels, classes: int) -> Tensor:
    """How many images of each class, a row, were taken for each other, a column. Shapes: (n,), (n,) -> (k, k)."""
    return torch.bincount(classes * y + said, minlength=classes**2).reshape(classes, classes)
