"""Which targets, model sets and attack sets are trained: the supplement's tables 1, 2 and 4 to 7, figure 3, a sweep."""

from robustlib.chapters.at2l.ensembles import CALLED, Plan, Small, clean
from robustlib.experiments import Experiment
from robustlib.models import Classifier, resnet, tramer_a, tramer_b, tramer_c, tramer_d, vgg16
from robustlib.objectives.adversarial_triplet import NormTriplet


def resnet8(classes: int = 10) -> Classifier:
    """ResNet-8 for colour images."""
    return resnet(8, classes)


# Tramèr et al. train A, B and C for 6 epochs and D for 12. For the others the paper is silent.
DIGITS = tuple(
    clean(f"mnist-{letter}", "mnist", f"Model {letter.upper()}, quarter width", Small(of), epochs, 3, 7.0)
    for letter, of, epochs in (("a", tramer_a, 6), ("b", tramer_b, 6), ("c", tramer_c, 6), ("d", tramer_d, 12))
)
QUARTER = "VGG-16, quarter width"
IMAGES = (
    clean("cifar10-vgg", "cifar10", QUARTER, Small(vgg16), 40, 4, 5.6),
    clean("cifar10-resnet", "cifar10", "ResNet-8", Small(resnet8, width=None), 40, 4, 5.6),
)
PHOTOGRAPHS = (
    clean("pets-vgg", "cats_vs_dogs", QUARTER, Small(vgg16, 2, halved=True), 40, None, 5.4),
    clean("pets-resnet", "cats_vs_dogs", "ResNet-8", Small(resnet8, 2, None, halved=True), 40, None, 5.4),
)
CLEAN = (*DIGITS, *IMAGES, *PHOTOGRAPHS)


def plan(kind: str, target: Experiment, models: tuple[Experiment, ...], eps: float, *options: object) -> Plan:
    """The target in M, or left out of it."""
    sources = tuple(m.name for m in models if kind == "known" or m.name != target.name)
    return Plan(kind, target, sources, eps, *options)  # type: ignore[arg-type]


EIGHT = 8 / 255  # beside the paper's 0.3, which destroys a photograph
PLANS = {
    "table 4": plan("known", DIGITS[0], DIGITS, 0.3, 20_000, 7.0),
    "table 5": plan("unknown", DIGITS[2], DIGITS, 0.3, 20_000, 6.6),
    "table 6": plan("known", IMAGES[0], IMAGES, 0.3, 5_000, 5.6, "", 0.6),
    "table 7": plan("unknown", IMAGES[0], IMAGES, 0.3, 5_000, 5.5, "", 0.6),
    "table 1": plan("known", PHOTOGRAPHS[0], PHOTOGRAPHS, 0.3, 1_000, 5.4),
    "table 2": plan("unknown", PHOTOGRAPHS[0], PHOTOGRAPHS, 0.3, 1_000, 5.3),
    "table 6, 8/255": plan("known", IMAGES[0], IMAGES, EIGHT, 5_000, 5.2, "-8", 0.6),
    "table 7, 8/255": plan("unknown", IMAGES[0], IMAGES, EIGHT, 5_000, 5.1, "-8", 0.6),
    "table 1, 8/255": plan("known", PHOTOGRAPHS[0], PHOTOGRAPHS, EIGHT, 1_000, 5.0, "-8"),
    "table 2, 8/255": plan("unknown", PHOTOGRAPHS[0], PHOTOGRAPHS, EIGHT, 1_000, 4.9, "-8"),
}
# What is trained under each plan, and how much later than the plan's own priority says.
PAIR = ("at", "at2l")
GRADIENT = [("gradient", method, 1.0) for method in PAIR]
TRAMER = [("gradient", "tramer", 0.97)]
DEAR = [(name, method, 0.9) for name in ("mixed", "optimisation") for method in PAIR]
FIGURE3 = [("fgsm", method, 0.93) for method in (*PAIR, "triplet")]
SINGLE = [(name, method, 0.8) for name in CALLED if name != "fgsm" for method in PAIR]
TRAINED = {
    "table 4": [*GRADIENT, *TRAMER, *DEAR, *FIGURE3, *SINGLE],
    "table 5": [*GRADIENT, *TRAMER, *DEAR, *FIGURE3[:2], *SINGLE],
}
# Of photographs and CIFAR-10 the gradient set is affordable; what else the paper prints of them is left to `missing`.
LATER = [(name, method, 0.3) for name in ("mixed", "optimisation") for method in PAIR]
TRAINED |= {name: GRADIENT if "8/255" in name else [*GRADIENT, *LATER] for name in PLANS if name not in TRAINED}

# Three values each, of which the middle one is the first iteration of table 4: the ends of what the supplement calls
# stable.
SWEEP = {"lambda1": (0.2, 0.3, 1.5), "lambda2": (0.1, 1.0, 5.0), "alpha": (0.1, 1.0, 2.0)}


def swept(field: str, value: float) -> Experiment:
    """One outer iteration of AT2L on the gradient set of table 4 with one of the three changed."""
    options = {"triplet": NormTriplet(alpha=value)} if field == "alpha" else {field: value}
    of = PLANS["table 4"]
    return of.round("gradient", f"at2l-{field}-{value:g}", f"AT2L, {field} {value:g}", options, of.target, 1, 0.75)


ENSEMBLES = tuple(
    e
    for name, plan_ in PLANS.items()
    for attack_set, method, place in TRAINED[name]
    for e in plan_.rounds(attack_set, method, place)
)
SWEPT = tuple(swept(field, v) for field, (low, _, high) in SWEEP.items() for v in (low, high))
