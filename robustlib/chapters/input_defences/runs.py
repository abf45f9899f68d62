"""What is trained: networks behind the three defences, each with and without AT²L's triplet term, and the generator.

Smaller than the papers': LeNet-5 and ResNet-8 in the place of a wide ResNet, classifiers at a quarter of their width, a
generator at a quarter of its width with 32 latent numbers in the place of 128. Weights and margins of the triplet are
those of AT²L's supplement. Where the papers are silent on the schedule, `epochs` is ours.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from robustlib.attacks import FGSM, LSPGA
from robustlib.datasets import Augment, Batches
from robustlib.experiments import Experiment
from robustlib.models import (
    WGAN,
    Classifier,
    lenet5,
    resnet,
    samangouei_a,
    samangouei_c,
    samangouei_d,
    tramer_b,
    with_thermometer,
)
from robustlib.objectives import AT2L, WGANGP, AdversarialTraining, CrossEntropy, TripletRegularisation
from robustlib.objectives.adversarial_triplet import NormTriplet
from robustlib.training import SGD, Adam, OneCycle

EPS = {"mnist": 0.3, "cifar10": 8 / 255}  # L-infinity; the sources have 0.031 on CIFAR-10
LEVELS = 16
PLAIN = {"mnist": "input-mnist-plain", "cifar10": "input-cifar10-plain"}
CALLED = {"mnist": "LeNet-5", "cifar10": "ResNet-8"}
GAN = "input-mnist-gan"
TRIPLET, ATTACKED = "triplet", "adversarial"


@dataclass(frozen=True)
class Network:
    """LeNet-5 for digits, ResNet-8 for CIFAR-10, or the same behind a thermometer, as a value that a file describes."""

    dataset: str
    levels: int | None = None  # of the thermometer; None: it reads pixels

    def __call__(self) -> Classifier:
        found = lenet5() if self.dataset == "mnist" else resnet(8)
        return found if self.levels is None else with_thermometer(found, self.levels)


@dataclass(frozen=True)
class Quarter:
    """A classifier at a quarter of its width."""

    of: Callable[..., Classifier]

    def __call__(self) -> Classifier:
        return self.of(width=0.25)


def small_gan() -> WGAN:
    """Generator and critic at a quarter of their width, 32 latent numbers."""
    return WGAN(32, 0.25)


def trained(dataset: str) -> dict[str, Any]:
    """Sampler, optimiser and schedule of the networks of a set."""
    if dataset == "mnist":
        return {"sampler": Batches(128), "optimizer": Adam(2e-3), "schedule": OneCycle()}
    augmented = Batches(128, augment=Augment())
    return {"sampler": augmented, "optimizer": SGD(0.1, weight_decay=5e-4), "schedule": OneCycle()}


def plain(dataset: str) -> Experiment:
    """The undefended network of a set: the source of transferred images, and what randomisation is put in front of."""
    epochs, affordable = (10, 3) if dataset == "mnist" else (40, 5)
    return Experiment(
        PLAIN[dataset], "no defence", dataset, CALLED[dataset], "cross-entropy", Network(dataset),
        objective=CrossEntropy(), epochs=epochs, affordable=affordable, shipped=True, priority=6.9, **trained(dataset),
    )  # fmt: skip


def thermometer(dataset: str, steps: int, triplet: bool) -> Experiment:
    """Buckman et al.'s adversarial training with LS-PGA of 1 or 7 steps; the supplement: lambda 0.3 and 0.7, alpha 1.5.

    The columns (1) and (7) of the paper's table 1 are read as the steps of the attack in training.
    """
    attack = LSPGA(EPS[dataset], steps, precision="fast")
    said = f"LS-PGA ({steps})" + (f" + {TRIPLET}" if triplet else "")
    affordable = {"mnist": {1: 3, 7: 3}, "cifar10": {1: 3, 7: 2}}[dataset][steps]
    return Experiment(
        f"input-{dataset}-thermometer-{steps}" + (f"-{TRIPLET}" if triplet else ""), f"thermometer, {said}", dataset,
        CALLED[dataset], said, Network(dataset, LEVELS),
        objective=AT2L(attack, 0.3, 0.7 if triplet else 0.0, NormTriplet(1.5)), epochs=10 if dataset == "mnist" else 40,
        affordable=affordable, shipped=dataset == "mnist",
        priority=6.8 if dataset == "mnist" else 6.4, **trained(dataset),
    )  # fmt: skip


def regularised(weight: float, alpha: float, eps: float) -> TripletRegularisation:
    """Cross-entropy and the triplet term on FGSM images: equation R of AT²L's section 3.4."""
    return TripletRegularisation(CrossEntropy(), FGSM(eps, precision="fast"), weight, NormTriplet(alpha))


RANDOMISED = Experiment(
    "input-cifar10-triplet", "triplet, no defence", "cifar10", CALLED["cifar10"], TRIPLET, Network("cifar10"),
    objective=regularised(1.0, 2.0, EPS["cifar10"]), epochs=40, affordable=4, priority=6.5, **trained("cifar10"),
)  # fmt: skip
GENERATOR = Experiment(
    GAN, "generator", "mnist", "WGAN-GP, quarter width", "WGAN-GP", small_gan, Batches(64, drop_last=True), WGANGP(),
    Adam(1e-4, (0.0, 0.9)), epochs=900, affordable=60, precision=None, shipped=True, priority=7.0,
)  # fmt: skip
LETTERS = {"a": samangouei_a, "b": tramer_b, "c": samangouei_c, "d": samangouei_d}


def behind_gan(letter: str, triplet: bool) -> Experiment:
    """One of the classifiers A to D, trained on digits as they are; the supplement: lambda 0.5, alpha 2."""
    of = LETTERS[letter]
    return Experiment(
        f"input-mnist-{letter}" + (f"-{TRIPLET}" if triplet else ""),
        f"model {letter.upper()}" + (f", {TRIPLET}" if triplet else ""), "mnist",
        f"Model {letter.upper()}, quarter width", TRIPLET if triplet else "cross-entropy", Quarter(of), Batches(128),
        regularised(0.5, 2.0, EPS["mnist"]) if triplet else CrossEntropy(), Adam(1e-3), epochs=10, affordable=5,
        shipped=letter == "a", priority=6.7,
    )  # fmt: skip


THERMOMETERS = tuple(thermometer(d, steps, t) for d in EPS for steps in (1, 7) for t in (False, True))
PLAINS = tuple(plain(dataset) for dataset in EPS)
BEHIND = tuple(behind_gan(letter, t) for letter in LETTERS for t in (False, True))


def control(e: Experiment, eps: float) -> Experiment:
    """Of a network with a triplet: the same images of FGSM, by cross-entropy in the place of the triplet term."""
    images = "FGSM's images"
    return replace(
        e, name=e.name.replace(TRIPLET, ATTACKED), label=e.label.replace(TRIPLET, images), training=images,
        objective=AdversarialTraining(FGSM(eps, precision="fast")), priority=e.priority - 0.01, shipped=False,
    )  # fmt: skip


def without_code(steps: int) -> Experiment:
    """Of a thermometer on digits: the same training, LS-PGA over the same levels, of a network that reads pixels."""
    e, said = thermometer("mnist", steps, False), f"LS-PGA ({steps}), pixels"
    name, label = f"input-mnist-pixels-{steps}", f"pixels, {said}"
    return replace(e, name=name, label=label, training=said, model=Network("mnist"), priority=6.79, shipped=False)


WITHOUT_CODE = tuple(without_code(steps) for steps in (1, 7))
CONTROLS = (control(RANDOMISED, EPS["cifar10"]), control(behind_gan("a", True), EPS["mnist"]))
EXPERIMENTS = (GENERATOR, *PLAINS, *THERMOMETERS, RANDOMISED, *BEHIND, *CONTROLS, *WITHOUT_CODE)
