"""What the attack tests aim at: small networks of every shape, and one configuration of every attack."""

from typing import Any

import torch
from attacks.detectors import Grey
from torch import Tensor, nn

from robustlib.attacks import (
    APGD,
    APGDT,
    BIM,
    BPDA,
    EOT,
    FGSM,
    ILCM,
    LSPGA,
    MIM,
    NFGSM,
    PGD,
    Capped,
    CarliniWagner,
    CarliniWagnerLinf,
    DetectorAwarePGD,
    FeatureMatching,
    InBatches,
    Noise,
    RandomEps,
    Relabel,
    Restarts,
    Strongest,
    random_class,
)
from robustlib.attacks.auto_attack import AutoAttack
from robustlib.attacks.square import Square
from robustlib.evaluation import counting
from robustlib.geometry import L2, Linf
from robustlib.losses import dlr, margin
from robustlib.models import Classifier

SHAPE = (2, 5, 4)
WIDTH = 8
MEANS = torch.Generator().manual_seed(5)

ATTACKS: dict[str, Any] = {
    "FGSM": FGSM(0.2),
    "FGSM-L2": FGSM(0.7, norm=L2()),
    "FGSM-bf16": FGSM(0.2, precision=torch.bfloat16),
    "BIM": BIM(0.2, steps=5),
    "BIM-stop": BIM(0.2, steps=5, stop_early=True),
    "ILCM": ILCM(0.2, steps=5),
    "ILCM-L2-stop": ILCM(0.7, steps=5, norm=L2(), stop_early=True),
    "LL": ILCM(0.2, steps=1),
    "LSPGA": LSPGA(0.2, steps=5),
    "LSPGA-targeted": LSPGA(0.2, steps=5, targeted=True),
    "LSPGA-bf16": LSPGA(0.2, steps=5, precision=torch.bfloat16),
    "MIM": MIM(0.2, steps=5),
    "MIM-L2": MIM(0.7, steps=5, norm=L2()),
    "MIM-stop": MIM(0.2, steps=5, stop_early=True),
    "PGD": PGD(0.2, steps=5),
    "PGD-L2": PGD(0.7, steps=5, norm=L2()),
    "PGD-margin": PGD(0.2, steps=5, loss=margin),
    "PGD-dlr": PGD(0.2, steps=5, loss=dlr),
    "PGD-targeted": PGD(0.2, steps=5, targeted=True),
    "PGD-stop": PGD(0.2, steps=5, stop_early=True),
    "PGD-L2-stop": PGD(0.7, steps=5, norm=L2(), stop_early=True),
    "PGD-bf16": PGD(0.2, steps=5, precision=torch.bfloat16),
    "PGD-detector": DetectorAwarePGD(Grey(), -0.15, 0.2, 8, alpha=0.1),
    "PGD-EOT": EOT(PGD(0.2, steps=5), 2),
    "PGD-EOT-L2": EOT(PGD(0.7, steps=5, norm=L2()), 2, of="probabilities"),
    "PGD-BPDA": BPDA(PGD(0.2, steps=5), nn.Dropout),  # in eval mode it is the identity
    "PGD-bf16-stop": PGD(0.2, steps=5, stop_early=True, precision=torch.bfloat16),
    "APGD": APGD(0.2, 8),
    "APGD-L2": APGD(0.7, 8, norm=L2()),
    "APGD-dlr": APGD(0.2, 8, loss=dlr),
    "APGD-targeted": APGD(0.2, 8, targeted=True),
    "APGD-stop": APGD(0.2, 8, stop_early=True),
    "APGD-L2-stop": APGD(0.7, 8, norm=L2(), stop_early=True),
    "APGD-bf16-stop": APGD(0.2, 8, stop_early=True, precision=torch.bfloat16),
    "APGD-restarts": APGD(0.2, 4, restarts=2, stop_early=True),
    "Still-APGD": APGD(0.2, 8, random_start=False),
    "Still-APGD-L2": APGD(0.7, 8, norm=L2(), random_start=False),
    "APGDT": APGDT(0.2, 6),
    "APGDT-L2": APGDT(0.7, 6, norm=L2()),
    "Still-APGDT": APGDT(0.2, 6, targets=2, random_start=False),
    "AutoAttack": AutoAttack(0.2, 5, targets=2, queries=10),
    "AutoAttack-L2": AutoAttack(0.7, 5, targets=2, queries=10, norm=L2()),
    "Square": Square(0.2, 40),
    "Square-L2": Square(0.7, 40, norm=L2()),
    "Square-targeted": Square(0.2, 40, targeted=True),
    "Square-bf16": Square(0.2, 40, precision=torch.bfloat16),
    "CWLinf": CarliniWagnerLinf(0.2, 4, 0.05, 0.1, factor=4),
    "CWLinf-penalty": CarliniWagnerLinf(0.2, 4, 0.05, 0.1, factor=4, project=False),
    "CWLinf-targeted": CarliniWagnerLinf(0.2, 4, 0.05, 0.1, factor=4, kappa=0.5, targeted=True),
    "CWLinf-bf16": CarliniWagnerLinf(0.2, 4, 0.05, 0.1, factor=4, precision=torch.bfloat16),
    "Capped": Capped(CarliniWagner(1, 20, lr=0.1, c=100, kappa=1), 0.2),
    "NFGSM": NFGSM(0.1, k=1),
    "Noise": Noise(0.2),
    "Noise-L2": Noise(0.7, norm=L2()),
    "Restarts": Restarts(PGD(0.2, steps=3, stop_early=True), 3),
    "Strongest": Strongest((Noise(0.1), PGD(0.15, steps=3, loss=margin), FGSM(0.2))),
    "Relabel": Relabel(BIM(0.2, steps=5)),
    "Relabel-random": Relabel(PGD(0.2, steps=5, targeted=True), random_class),
    "InBatches": InBatches(BIM(0.2, steps=5), 5),
    "RandomEps": RandomEps(PGD(0.3, steps=3), 0.1, 0.2),
    "Matching": FeatureMatching(torch.randn(4, WIDTH, generator=MEANS), 0.2, steps=4, finish=3),
    "Matching-L2": FeatureMatching(torch.randn(4, WIDTH, generator=MEANS), 0.7, 4, 3, targets=2, norm=L2()),
}
RANDOM = {
    name
    for name in ATTACKS
    if name.startswith(
        (
            "PGD",
            "APGD",
            "AutoAttack",
            "LSPGA",
            "NFGSM",
            "Noise",
            "Restarts",
            "Strongest",
            "RandomEps",
            "Relabel-random",
            "Square",
        )
    )
}


def budget(name: str) -> tuple[Any, float]:
    """The norm and radius that the attack of this name promises to keep."""
    return (L2(), 0.7) if "-L2" in name else (Linf(), 0.2)


def for_classes(name: str, classes: int, dtype: torch.dtype = torch.float32) -> Any:
    """The attack of this name, aimed at a model of so many classes."""
    attack = ATTACKS[name]
    if isinstance(attack, FeatureMatching):
        means = torch.randn(classes, WIDTH, generator=torch.Generator().manual_seed(5)).to(dtype)
        targets = min(2, classes - 1)
        return FeatureMatching(means, attack.eps, attack.steps, attack.finish, targets=targets, norm=attack.norm)
    return attack


def network(shape: tuple[int, ...] = SHAPE, classes: int = 4) -> Classifier:
    """A smooth network with batch norm and dropout, in eval mode, with batch statistics that are not the defaults."""
    torch.manual_seed(11)
    channels, height, width = shape
    body = nn.Sequential(
        *[nn.Conv2d(channels, 6, 3, padding=1), nn.BatchNorm2d(6), nn.Tanh(), nn.Dropout(0.4), nn.Flatten()],
        *[nn.Linear(6 * height * width, WIDTH), nn.BatchNorm1d(WIDTH), nn.Tanh()],
    )
    model = Classifier(body, nn.Linear(WIDTH, classes))
    model(torch.rand(64, *shape))
    with torch.no_grad():
        model.head.weight.mul_(6)  # logits that differ by a few units, as after training
    return model.eval()


def batch(model: nn.Module, n: int = 12, shape: tuple[int, ...] = SHAPE, seed: int = 1) -> tuple[Tensor, Tensor]:
    """Random images and the labels that the model gives them, so that it starts with all of them right."""
    x = torch.rand(n, *shape, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        y = model(x).argmax(1)
    return x, y


def aim(name: str, model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """The labels to hand over: the true ones, or for a targeted attack the next class."""
    with torch.no_grad():
        classes = model(x[:1]).shape[1]
    return (y + 1) % classes if "targeted" in name else y


def count(attack, model, x, y):
    """The attack's result, and the number of images that went through the model."""
    with counting(model) as passes:
        x_adv = attack(model, x, y)
    return x_adv, passes.forward
