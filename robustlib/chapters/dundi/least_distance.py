"""DunDi's own measure of robustness, R(f): how far the nearest image lies that a network reads otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from robustlib.attacks import DDN, FAB, Transfer
from robustlib.chapters.dundi.oracles import oracle_head, read_by
from robustlib.evaluation.verdicts import seeded
from robustlib.experiments.features import features_of
from robustlib.experiments.measurement import Findings, Subject
from robustlib.experiments.rows import Row
from robustlib.geometry import L2
from robustlib.interfaces import Attack, Images, PerExample
from robustlib.models import Classifier

DISTANCE = "least L2 distance"  # pixel units of [0, 1]
NEAREST = "nearest of all attacks"
BOTH_STEPS = "DDN through both steps"


@dataclass(frozen=True)
class LeastDistance:
    r"""R(f) of one network, by the nearest point that any of its attacks finds for each image.

    .. math:: r(x) = \min_\delta \|\delta\|_2 \text{ subject to } f(x + \delta) \ne f(x), \qquad R(f) = E_x\, r(x)

    As printed r(x) starts from the class that the network itself says, right or wrong. An attack gives an upper bound
    of it. A distance network is attacked through the exact rule and through both steps, and the two-step rule judges.

    Source: Cui et al. 2019, section 3.1.
    """

    oracles: bool = True  # False: a softmax network, as it is
    steps: int = 100  # of DDN, and of FAB towards each class

    def __call__(self, on: Subject) -> Findings:
        x, _ = on.dataset.test[: on.n]
        target, smooth = readers(on) if self.oracles else (on.model, on.model)
        attacks = self.attacks(target, smooth)
        found = least_distances(attacks, target, x, on.seed)
        columns: dict[str, Any] = {"norm": "L2", "defense": read_by() if self.oracles else ""}
        rows = [distance_row(sizes, attack=name, steps=self.steps, **columns) for name, sizes in found.items()]
        nearest = torch.stack([*found.values()]).amin(0)
        series = {"distances": [round(size, 3) for size in nearest[nearest.isfinite()].tolist()]}
        rows.append(distance_row(nearest, attack=NEAREST, series=series, **columns))
        return Findings(rows, attacks)

    def attacks(self, target: nn.Module, smooth: nn.Module) -> dict[str, Attack]:
        """By name. A softmax network meets the first two on its logits."""
        ddn, fab = DDN(self.steps), FAB(steps=self.steps, norm=L2())
        if not self.oracles:
            return {"DDN": ddn, "FAB": fab}
        return {"DDN": Transfer(smooth, ddn), "FAB": Transfer(smooth, fab), BOTH_STEPS: ddn}


def readers(on: Subject) -> tuple[Classifier, Classifier]:
    """A distance network read by the two-step rule, and by the exact one, on one draw of ten oracles a class."""
    z, y = features_of(on.model, on.dataset.train, len(on.dataset.train))
    heads = [oracle_head(z, y, len(on.dataset.classes), rule=rule) for rule in ("two-step", "exact")]
    target, smooth = (Classifier(on.model.body, head).eval() for head in heads)
    return target, smooth


def least_distances(
    attacks: Mapping[str, Attack], target: nn.Module, x: Images, seed: int = 0
) -> dict[str, PerExample]:
    """How far each attack moved each image until the target says another class; infinite where it does not."""
    said, sizes = answers(target, x), {}
    for name, attack in attacks.items():
        with seeded(seed, name, x.device):
            x_adv = attack(target, x, said)
        far = L2().size(x_adv - x)
        sizes[name] = torch.where(answers(target, x_adv) != said, far, torch.inf).cpu()
    return sizes


@torch.no_grad()
def answers(model: nn.Module, x: Images) -> Tensor:
    """The class that the model says of each image, (n,)."""
    return torch.as_tensor(model(x)).argmax(1)


def distance_row(sizes: PerExample, **columns: Any) -> Row:
    """The mean of the finite distances with its normal 95 % interval, and on how many of them it rests."""
    there = sizes[sizes.isfinite()].double()
    if len(there) == 0:
        return Row(DISTANCE, None, 0, **columns)
    mean, half = there.mean().item(), 0.0
    if len(there) > 1:
        half = 1.96 * there.std().item() / len(there) ** 0.5
    return Row(DISTANCE, mean, len(there), mean - half, mean + half, **columns)
