"""How the networks of the report are judged: its table 1, adaptive attacks, new heads, and sweeps over eps."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from torch import nn

from robustlib.attacks import BIM, FGSM, MIM, PGD, FeatureMatching, Noise, Restarts, Strongest
from robustlib.chapters.robust_representations.embedding import class_distances, new_heads
from robustlib.chapters.robust_representations.runs import EXPERIMENTS
from robustlib.evaluation import sweep, under_attack, worst_case, zero_gradient_share
from robustlib.experiments import Experiment, Findings, Measurement, Row, Subject
from robustlib.experiments.attack_rows import accuracy_rows, attacked
from robustlib.experiments.detector_rows import share_row
from robustlib.experiments.features import features_of
from robustlib.experiments.standard_suite import IMAGES, StandardSuite
from robustlib.interfaces import Attack, Features, Labels, Means
from robustlib.losses import cross_entropy, dlr, margin
from robustlib.models import Classifier, StopGradient, class_means

EPS = 0.3  # table 1
RADII = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3)

# Paper silent on steps: ten for BIM and MIM, and two readings of its PGD, 2/255 x 10 and 0.01 x 40.
TABLE1: dict[str, Attack] = {
    "FGSM": FGSM(EPS),
    "BIM": BIM(EPS, steps=10),
    "MIM": MIM(EPS, steps=10),
    "small-step PGD": PGD(EPS, steps=10, alpha=2 / 255, random_start=False),
    "PGD": PGD(EPS, steps=40, alpha=0.01),
}


def margin_pgd(eps: float, restarts: int = 5) -> Restarts:
    """PGD on the logit margin, 100 steps of 0.02 from random starts, each image dropped as it breaks."""
    return Restarts(PGD(eps, steps=100, alpha=0.02, loss=margin, stop_early=True, precision="fast"), restarts)


def feature_matching(means: Means, eps: float, targets: int | None = None) -> FeatureMatching:
    """Towards the mean embedding of every other class, then 20 margin steps."""
    return FeatureMatching(means, eps, steps=40, alpha=0.02, finish=20, targets=targets, precision="fast")


def attacks_at_eps(means: Means) -> dict[str, Attack]:
    """Noise, table 1 and the adaptive attacks. PGD on the scale-free DLR sees through logits of any size."""
    adaptive: dict[str, Attack] = {
        "margin PGD": margin_pgd(EPS),
        "DLR PGD": PGD(EPS, steps=100, alpha=0.02, loss=dlr, stop_early=True, precision="fast"),
        "feature matching": feature_matching(means, EPS),
    }
    return {"noise": Noise(EPS)} | TABLE1 | adaptive


def embedded(on: Subject) -> tuple[Features, Labels, Means]:
    """The first 5,000 training images in the embedding, their labels, and the class means."""
    z, y = features_of(on.model, on.dataset.train, 5000)
    return z, y, class_means(z, y, len(on.dataset.classes))


@dataclass(frozen=True)
class Attacked:
    """Table 1 and adaptive attacks at eps 0.3, new heads on the same body, and what a forgotten stop-gradient hides."""

    few: int = 500  # images of the checks on gradients

    def __call__(self, on: Subject) -> Findings:
        z, y, means = embedded(on)
        attacks = attacks_at_eps(means)
        found = attacked(on, attacks, "attacked")
        rows = accuracy_rows(found, attacks)
        rows += accuracy_rows({"worst case": worst_case(found)}, {}, norm="Linf", eps=EPS)
        once: dict[str, Attack] = {"margin PGD": margin_pgd(EPS, 1)}
        for defense, twin in new_heads(on.model, z, y, means).items():
            rows += accuracy_rows(attacked(on, once, defense, model=twin), once, defense=defense)
        for metric, value in class_distances(z, y, means).items():
            rows.append(Row(metric, value, len(z), images="training images"))
        return Findings(rows + self.without_gradient(on), attacks)

    def without_gradient(self, on: Subject) -> list[Row]:
        """PGD where a stop-gradient was forgotten, and the shares of images whose gradient is zero in every pixel."""
        forgotten, pgd = "forgotten stop-gradient", {"PGD": TABLE1["PGD"]}
        twin = Classifier(on.model.body, nn.Sequential(StopGradient(), on.model.head))
        found = attacked(on, pgd, forgotten, model=twin, n=self.few)
        rows = accuracy_rows({"PGD": found["PGD"]}, pgd, defense=forgotten)
        for model, attack, loss, defense in (
            (on.model, "PGD", cross_entropy, ""),
            (twin, "PGD", cross_entropy, forgotten),
            (on.model, "margin PGD", margin, ""),
        ):
            x, y = on.dataset.test[: min(self.few, on.n)]
            blind = round(zero_gradient_share(model, x, y, loss) * len(y))
            rows.append(share_row("zero gradients", blind, len(y), attack=attack, defense=defense))
        return rows


@dataclass(frozen=True)
class Sweep:
    """Robust accuracy over eps, where an image that is broken at one radius is broken at every larger one."""

    restarts: int = 5  # of margin PGD
    targets: int | None = None  # classes that feature matching tries; None: all

    def __call__(self, on: Subject) -> Findings:
        data, made = on.dataset.test[: on.n], {}
        rows = accuracy_rows(under_attack(on.model, {}, data, seed=on.seed), {})
        for name, attack_at in self.attacks(embedded(on)[2]).items():
            for eps, outcome in sweep(on.model, attack_at, RADII, data, seed=on.seed).items():
                made[f"{name} {eps:g}"] = attack_at(eps)
                rows += accuracy_rows({name: outcome}, {name: attack_at(eps)}, norm="Linf", eps=eps)
        return Findings(rows, made)

    def attacks(self, means: Means) -> dict[str, Callable[[float], Attack]]:
        """By name, as functions of eps."""
        return {
            "FGSM": FGSM,
            "small-step PGD": lambda eps: replace(TABLE1["small-step PGD"], eps=eps),  # type: ignore[type-var]
            "PGD": lambda eps: PGD(eps, steps=40),
            "margin PGD and feature matching": lambda eps: Strongest(
                (margin_pgd(eps, self.restarts), feature_matching(means, eps, self.targets))
            ),
        }


def measurements(e: Experiment) -> Iterator[Measurement]:
    """What is measured on one network."""
    yield Measurement(e.name, "attacked", Attacked(), seeds=e.seeds, priority=e.priority)
    yield Measurement(e.name, "standard", StandardSuite((0.1, 0.2, 0.3)), IMAGES["mnist"][0])
    if e.start is None and e.architecture == "LeNet-5":
        yield Measurement(e.name, "sweep", Sweep(1, 1), 100, e.seeds, e.priority)
    elif e.architecture == "LeNet-5":
        yield Measurement(e.name, "sweep", Sweep(3, 3), 1000, e.seeds, e.priority)
    elif e.label in ("Softmax", "Ours"):
        yield Measurement(e.name, "sweep", Sweep(1, 2), 200, e.seeds, e.priority)


MEASUREMENTS = tuple(m for e in EXPERIMENTS for m in measurements(e))
