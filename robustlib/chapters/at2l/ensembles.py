"""Algorithms 1 and 2: attack sets A times model sets M, one `Experiment` for each outer iteration.

Smaller than the paper: every network at a quarter of its width (ResNet-8 whole), 3 outer iterations of 10, adversarial
sets of 20,000 digits (C&W 6,000 with 200 steps), of 5,000 images of CIFAR-10, and of the sample of photographs.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import nn

from robustlib.attacks import BIM, FGSM, ILCM, CarliniWagnerLinf
from robustlib.datasets import Batches, Crafted
from robustlib.experiments import Crafting, Experiment
from robustlib.interfaces import Attack
from robustlib.models import Classifier
from robustlib.objectives import AT2L, CrossEntropy
from robustlib.training import Adam

ROUNDS = 3  # outer iterations; the paper has 10
STEPS, SIZE = 600, 32  # of one iteration, about, "until training converged"; clean images a step, and attacked ones
# Tramèr's on MNIST; at it a network with batch-norm that sees a few thousand images fell to chance.
RATE = {"mnist": 1e-3, "cifar10": 3e-4, "cats_vs_dogs": 3e-4}
CW = "C&W"
CW_IMAGES = 6000
GRADIENT = ("FGSM", "LL", "I-FGSM", "I-LL")
SETS: dict[str, tuple[str, ...]] = {  # A, by the names of its attacks
    "gradient": GRADIENT, "optimisation": (CW,), "mixed": (*GRADIENT, CW),
    "fgsm": ("FGSM",), "ll": ("LL",), "ifgsm": ("I-FGSM",), "ill": ("I-LL",),
}  # fmt: skip
CALLED = {"fgsm": "FGSM", "ll": "LL", "ifgsm": "I-FGSM", "ill": "I-LL"}
METHODS: dict[str, tuple[str, dict[str, Any]]] = {
    "at": ("AT", {"lambda2": 0.0}),  # equation 1: AT2L without its triplet
    "at2l": ("AT2L", {}),  # equation 2
    "tramer": ("ensemble AT of Tramèr", {"lambda1": 1.0, "lambda2": 0.0}),
    "triplet": ("triplet alone", {"lambda1": 0.0}),  # figure 3
}


@dataclass(frozen=True)
class Small:
    """A network of the library with these options, as a value that a result file can describe."""

    of: Callable[..., Classifier]
    classes: int = 10
    width: float | None = 0.25  # share of every layer; None: of a network without that option
    halved: bool = False  # whether images are averaged over 2 x 2 pixels first: photographs of 64 for nets of 32

    def __call__(self) -> Classifier:
        found = self.of(classes=self.classes) if self.width is None else self.of(classes=self.classes, width=self.width)
        return Classifier(nn.Sequential(nn.AvgPool2d(2), found.body), found.head) if self.halved else found


def attacks(eps: float, names: tuple[str, ...] = (*GRADIENT, CW)) -> dict[str, Attack]:
    """The supplement's attacks by name: ten steps of a tenth of the radius, and C&W.

    C&W has 200 steps for one c in the place of 1000 for each of eleven: every iterate is projected here, so that
    nothing is paid for leaving the cube, and under Adam c does no more than scale.
    """
    every: dict[str, Attack] = {
        "FGSM": FGSM(eps, precision="fast"), "LL": ILCM(eps, 1, precision="fast"),
        "I-FGSM": BIM(eps, 10, precision="fast"), "I-LL": ILCM(eps, 10, precision="fast"),
        CW: CarliniWagnerLinf(eps, steps=200, c=1.0, abort_early=False, precision="fast"),
    }  # fmt: skip
    return {name: every[name] for name in names}


@dataclass(frozen=True)
class Plan:
    """A target, the models of M, and what is trained: one column of the paper's tables."""

    kind: str  # "known": the target is in M; "unknown": it is not
    target: Experiment  # trained on clean images: line 1 of both algorithms
    sources: tuple[str, ...]  # M, by experiment
    eps: float
    images: int
    priority: float
    suffix: str = ""  # of the names, where a radius is another than the paper's
    lambda1: float = 0.3  # 0.6 on CIFAR-10

    def name(self, attack_set: str, method: str, number: int) -> str:
        """The experiment of one outer iteration, e.g. "at2l-mnist-a-known-gradient-at2l-3"."""
        return f"{self.target.name}-{self.kind}{self.suffix}-{attack_set}-{method}-{number}"

    def rounds(self, attack_set: str, method: str, place: float = 1.0, count: int = ROUNDS) -> Iterator[Experiment]:
        """The outer iterations, each from the weights of the one before; the known target is attacked anew in each."""
        start, (label, options) = self.target, METHODS[method]
        for number in range(1, count + 1):
            yield (start := self.round(attack_set, method, label, options, start, number, place))

    def round(
        self, attack_set: str, name: str, label: str, options: Mapping[str, Any], start: Experiment, number: int,
        place: float,
    ) -> Experiment:  # fmt: skip
        """One outer iteration. In the first the current network is the target, which is in M already."""
        own, used = attacks(self.eps, SETS[attack_set]), CALLED.get(attack_set, attack_set)
        limits = {a: min(self.images, CW_IMAGES) if a == CW else self.images for a in own}
        itself = self.kind == "known" and number > 1
        epochs = max(1, round(STEPS * SIZE / max(limits.values())))
        target = self.target
        draws = Crafted(SIZE, drop_last=target.dataset == "cats_vs_dogs")  # a short batch can be of one of two classes
        return Experiment(
            self.name(attack_set, name, number), f"{label}, {used}, iteration {number}", target.dataset,
            target.architecture, f"{label}, {used}, iteration {number}", target.model, draws,
            replace(AT2L(lambda1=self.lambda1), **options), Adam(RATE[target.dataset]), epochs=epochs, start=start,
            priority=round(self.priority * place, 2), crafted=Crafting(own, self.sources, itself, limits),
        )  # fmt: skip


def clean(name: str, dataset: str, architecture: str, model: Small, epochs: int, affordable: int | None, priority: float
          ) -> Experiment:  # fmt: skip
    """The network before adversarial training."""
    return Experiment(
        f"at2l-{name}", f"{architecture}, clean training", dataset, architecture, "clean", model,
        Batches(64), CrossEntropy(), Adam(1e-3), epochs=epochs, affordable=affordable, priority=priority,
        shipped=name == "mnist-a",
    )  # fmt: skip
