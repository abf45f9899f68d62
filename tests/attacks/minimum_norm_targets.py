"""One configuration of every minimum-norm attack: a row here is all that the contract asks of a new one."""

from typing import Any

import torch
from attacks.targets import batch
from torch import Tensor, nn

from robustlib.attacks import DDN, JSMA, CarliniWagner, DeepFool
from robustlib.attacks.fab import FAB
from robustlib.geometry import L2, Linf
from robustlib.models import Classifier

# "targeted" and "bf16" in a name mean what they say; every norm is the attack's own, L2 where it has none.
MINIMUM_NORM: dict[str, Any] = {
    "DeepFool": DeepFool(),
    "DeepFool-Linf": DeepFool(norm=Linf()),
    "DeepFool-targeted": DeepFool(targeted=True),
    "DeepFool-bf16": DeepFool(precision=torch.bfloat16),
    "DDN": DDN(12, 0.3),
    "DDN-levels": DDN(12, 0.3, levels=255),
    "DDN-targeted": DDN(12, 0.3, targeted=True),
    "DDN-bf16": DDN(12, 0.3, precision=torch.bfloat16),
    "FAB": FAB(steps=4, targets=3),
    "FAB-L2": FAB(steps=4, norm=L2()),
    "FAB-eps": FAB(0.3, steps=6),
    "FAB-bf16": FAB(steps=4, precision=torch.bfloat16),
    "CW": CarliniWagner(2, 8, 0.08, 1.0),
    "CW-targeted": CarliniWagner(2, 8, 0.08, 10, targeted=True),
    "CW-warm": CarliniWagner(1, 8, 0.03, warm_start=DDN(8, 0.3)),
    "CW-bf16": CarliniWagner(2, 8, 0.08, 1, precision=torch.bfloat16),
    "JSMA": JSMA(0.5, gamma=1.0),
    "JSMA-pixel": JSMA(0.5, gamma=1.0, pixels=1, targets=2),
    "JSMA-targeted": JSMA(-0.5, gamma=1.0, targeted=True),
    "JSMA-bf16": JSMA(0.5, gamma=1.0, precision=torch.bfloat16),
}


def length(name: str, delta: Tensor) -> Tensor:
    """The norm that the attack of this name minimises, one for each image."""
    return getattr(MINIMUM_NORM[name], "norm", L2()).size(delta)


def given(name: str, model: nn.Module, y: Tensor) -> Tensor:
    """The labels to hand over: the true ones, or for a targeted attack the next class."""
    if "targeted" not in name or len(y) == 0:
        return y
    return (y + 1) % model.head.out_features


def attack(name: str, model: nn.Module, x: Tensor, y: Tensor, seed: int = 0) -> Tensor:
    """What the attack of this name finds, from this seed."""
    torch.manual_seed(seed)
    return MINIMUM_NORM[name](model, x, given(name, model, y))


class Shift(nn.Linear):
    """The same classifier with a constant on all logits."""

    by = -100.0

    def forward(self, z: Tensor) -> Tensor:
        return super().forward(z) + self.by


def affine(classes: int = 2, pixels: int = 12, seed: int = 2) -> Classifier:
    """A linear classifier whose boundaries meet at the grey image, in double precision."""
    torch.manual_seed(seed)
    head = nn.Linear(pixels, classes)
    with torch.no_grad():
        head.bias.copy_(-head.weight.sum(1) / 2)
    return Classifier(nn.Flatten(), head).double().eval()


def fortress() -> tuple[Classifier, Tensor, Tensor]:
    """A linear classifier that no image in the box makes change its mind, though its gradient leads elsewhere."""
    model = affine(4, 40).float()
    with torch.no_grad():
        model.head.bias[1] += 60
    return model, *batch(model)


def box_distance(x: Tensor, w: Tensor, need: Tensor, norm: Any) -> Tensor:
    """The least norm of d with <w, d> = need and x + d in the box, by bisection on how far free pixels have come."""
    speed = w.sign() if isinstance(norm, Linf) else w
    low, high = (torch.full((len(x), 1, 1, 1), value).double() for value in (0.0, 1e4))
    for _ in range(100):
        middle = (low + high) / 2
        gain = (w * ((x + middle * speed).clamp(0, 1) - x)).flatten(1).sum(1)
        short = (gain < need).reshape(-1, 1, 1, 1)
        low, high = torch.where(short, middle, low), torch.where(short, high, middle)
    return norm.size((x + high * speed).clamp(0, 1) - x)
