"""Robust representations by triplet loss (Fostiropoulos et al. 2020): its runs, and how each is measured.

The six-convolution network has one seed, a LeNet-5 trunk with the same 64-dimensional embedding has three.
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch

from robustlib.attacks import BIM, FGSM, MIM, PGD, FeatureMatching, Noise, RandomEps, Restarts, Strongest
from robustlib.datasets import Batches
from robustlib.evaluation import sweep, under_attack, worst_case, zero_gradient_share
from robustlib.experiments.experiment import Experiment, Measured
from robustlib.experiments.heads import features_of, linear_head, neighbour_head
from robustlib.experiments.paper_tables import Claim
from robustlib.interfaces import Attack, Features, Labels, Means
from robustlib.losses import batch_hard, dlr, margin, semi_hard
from robustlib.models import Classifier, NearestMeans, StopGradient, class_means, convnet, lenet5
from robustlib.objectives import AdversarialTraining, CrossEntropy, RobustRepresentations
from robustlib.training import Adam, OneCycle

EPS = 0.3  # table 1
RADII = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3)

# Paper silent on steps: ten for BIM and MIM, and two readings of its PGD (NOTES of the chapter's Departures box).
TABLE1: dict[str, Attack] = {
    "FGSM": FGSM(EPS),
    "BIM": BIM(EPS, steps=10),
    "MIM": MIM(EPS, steps=10),
    "PGD 2/255 x 10": PGD(EPS, steps=10, alpha=2 / 255, random_start=False),
    "PGD 0.01 x 40": PGD(EPS, steps=40, alpha=0.01),
}


def margin_pgd(eps: float, restarts: int = 5) -> Attack:
    """U1: margin PGD, 100 steps of 0.02 from random starts, each image dropped as it breaks."""
    return Restarts(PGD(eps, steps=100, alpha=0.02, loss=margin, stop_early=True, precision="fast"), restarts)


def dlr_pgd(eps: float) -> Attack:
    """The same climb on the scale-free margin: it sees through logits of any size."""
    return PGD(eps, steps=100, alpha=0.02, loss=dlr, stop_early=True, precision="fast")


def feature_matching(means: Means, eps: float, targets: int | None = None) -> Attack:
    """U2: towards the mean embedding of every other class, then 20 margin steps."""
    return FeatureMatching(means, eps, steps=40, alpha=0.02, finish=20, targets=targets, precision="fast")


@dataclass(frozen=True)
class Table1:
    """Measures one model: table 1, the adaptive attacks at eps 0.3, the sweep over eps, and other heads on the same
    body.
    """

    sweep_images: int = 1000  # images of the sweep; 0: none
    restarts: int = 5  # of U1 in the sweep
    targets: int | None = None  # classes that U2 tries in the sweep; None: all

    def __call__(self, model: Classifier, dataset: Any, n: int) -> Measured:
        data = dataset.test[:n]
        z, y = features_of(model, dataset.train, 5000)
        means = class_means(z, y, len(dataset.classes))
        adaptive = {
            "U1 margin PGD": margin_pgd(EPS),
            "DLR PGD": dlr_pgd(EPS),
            "U2 feature matching": feature_matching(means, EPS),
        }
        attacks = {"noise": Noise(EPS)} | TABLE1 | adaptive
        outcomes: dict[str, Any] = dict(under_attack(model, attacks, data, progress=True))
        outcomes["worst case of all"] = worst_case(outcomes)
        swept = (data[0][: self.sweep_images], data[1][: self.sweep_images])
        for name, attack_at in self.curves(means).items() if self.sweep_images else ():
            outcomes |= {f"{name} at {eps:g}": o for eps, o in sweep(model, attack_at, RADII, swept).items()}
        few = (data[0][:500], data[1][:500])
        for name, twin in self.other_heads(model, z, y, means).items():
            found = under_attack(twin, {"margin PGD": margin_pgd(EPS, 1)}, data)
            outcomes |= {f"{name}: {attack}": outcome for attack, outcome in found.items()}
        detached = Classifier(model.body, torch.nn.Sequential(StopGradient(), model.head))
        forgotten = under_attack(detached, {"PGD 0.01 x 40": TABLE1["PGD 0.01 x 40"]}, few)
        outcomes["forgotten stop-gradient: PGD 0.01 x 40"] = forgotten["PGD 0.01 x 40"]
        facts = {
            "zero gradients": zero_gradient_share(model, *few),
            "zero gradients, forgotten stop-gradient": zero_gradient_share(detached, *few),
            "zero gradients, margin": zero_gradient_share(model, *few, margin),
        } | spread(z, y, means)
        return Measured(outcomes, facts, attacks)

    def curves(self, means: Means) -> dict[str, Any]:
        """The attacks of the sweep, as functions of eps."""
        return {
            "FGSM": FGSM,
            "small-step PGD": lambda eps: replace(TABLE1["PGD 2/255 x 10"], eps=eps),  # type: ignore[type-var]
            "PGD": lambda eps: PGD(eps, steps=40),
            "worst case": lambda eps: Strongest(
                (margin_pgd(eps, self.restarts), feature_matching(means, eps, self.targets))
            ),
        }

    @staticmethod
    def other_heads(model: Classifier, z: Features, y: Labels, means: Means) -> dict[str, Classifier]:
        """The same body under heads that the defender did not train."""
        return {
            "fresh linear head": Classifier(model.body, linear_head(z, y, len(means))),
            "nearest mean head": Classifier(model.body, NearestMeans(means)),
            "nearest neighbour head": Classifier(model.body, neighbour_head(z, y, len(means))),
        }


def spread(z: Features, y: Labels, means: Means) -> dict[str, float]:
    """How tight and how far apart the classes are in the embedding (root mean square distances)."""
    within = (z - means[y]).square().sum(1).mean().sqrt().item()
    between = torch.pdist(means).square().mean().sqrt().item()
    return {"within-class distance": within, "between-class distance": between, "separation": between / within}


def claims(training: str) -> tuple[Claim, ...]:
    """Table 1's row as claims: its one PGD column stands beside both readings of ours."""
    columns = {"clean": "", "FGSM": "FGSM", "BIM": "BIM", "MIM": "MIM"}
    columns |= {"PGD 2/255 x 10": "PGD", "PGD 0.01 x 40": "PGD"}
    return tuple(Claim(ours, "robust_representations", "table1", training, theirs) for ours, theirs in columns.items())


SOFTMAX = "softmax cross-entropy (row Softmax)"
OURS = "triplet loss with stop-gradient before the softmax layer (row Ours)"
OURS_PGD = "row Ours + PGD adversarial training"
OURS_FGSM = "row Ours + FGSM adversarial training"

# Paper: "uniformly sampling with an eps value of 0.3"; here eps is uniform in [0.1, 0.3] for each batch.
TRAIN_PGD = RandomEps(PGD(EPS, steps=10, precision="fast"), 0.1, 0.3)
TRAIN_FGSM = RandomEps(FGSM(EPS, precision="fast"), 0.1, 0.3)
# With attacked images in the batch, batch-hard mining collapses the embedding to a point, as the run
# rr-lenet-ours-fgsm-hard shows; hence semi-hard mining for the adversarially trained rows.
WITH_PGD = RobustRepresentations(mine=semi_hard, attack=TRAIN_PGD)
WITH_FGSM = RobustRepresentations(mine=semi_hard, attack=TRAIN_FGSM)
TUNE: dict[str, Any] = {"optimizer": Adam(1e-4), "epochs": 10}  # section 3.2, Setup


def _network(prefix: str, model: Any, evaluate: Table1, seeds: tuple[int, ...], worth: float) -> list[Experiment]:
    """The runs on one network: the existing net, and what it is tuned into."""
    base: dict[str, Any] = {"paper": "robust_representations", "dataset": "mnist", "model": model}
    base |= {"sampler": Batches(128), "evaluate": evaluate}
    big = prefix == "rr-convnet"
    # Paper silent on the existing network: cross-entropy, 3 epochs, one cycle up to 1e-3.
    existing = Experiment(
        name=f"{prefix}-existing", row="existing network", objective=CrossEntropy(), optimizer=Adam(1e-3), epochs=3,
        schedule=OneCycle(), seeds=seeds, worth=10 * worth, **(base | {"evaluate": Table1(100, 1, 1)}),
    )  # fmt: skip
    tuned = partial(Experiment, start=existing, **TUNE, **base)
    rows = [
        tuned(name=f"{prefix}-softmax", row="Softmax", objective=CrossEntropy(), seeds=seeds, worth=9 * worth,
              shipped=True, claims=claims(SOFTMAX) if big else ()),
        tuned(name=f"{prefix}-ours", row="Ours", objective=RobustRepresentations(), seeds=seeds, worth=8 * worth,
              shipped=True, claims=claims(OURS) if big else ()),
        tuned(name=f"{prefix}-ours-pgd", row="Ours_PGD", objective=WITH_PGD,
              worth=7 * worth, affordable=2 if big else None, claims=claims(OURS_PGD) if big else ()),
        tuned(name=f"{prefix}-ours-fgsm", row="Ours_FGSM", objective=WITH_FGSM,
              worth=6 * worth, affordable=3 if big else None, claims=claims(OURS_FGSM) if big else ()),
        # Not in the paper: the same adversarial training without triplets, to tell which of the two does the work.
        tuned(name=f"{prefix}-softmax-pgd", row="Softmax_PGD (not in the paper)", shipped=not big,
              objective=AdversarialTraining(TRAIN_PGD), worth=5 * worth, affordable=2 if big else None),
    ]  # fmt: skip
    if not big:
        rows.append(tuned(name=f"{prefix}-ours-fgsm-hard", row="Ours_FGSM with batch-hard mining", affordable=3,
                          objective=replace(WITH_FGSM, mine=batch_hard), worth=worth))  # fmt: skip
    return [existing, *rows]


def lenet_trunk() -> Classifier:
    """LeNet-5 with the paper's 64-dimensional linear embedding."""
    return lenet5(embedding=64)


RUNS = [
    *_network("rr-convnet", convnet, Table1(sweep_images=0), (0,), worth=1.0),
    *_network("rr-lenet", lenet_trunk, Table1(restarts=3, targets=3), (0, 1, 2), worth=0.5),
]
