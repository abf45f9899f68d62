"""Robust representations by triplet loss (Fostiropoulos et al. 2020): what is trained.

The six-convolution network has one seed, a LeNet-5 trunk with the same 64-dimensional embedding has three.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from robustlib.attacks import FGSM, PGD, RandomEps
from robustlib.datasets import Batches
from robustlib.experiments import Experiment
from robustlib.losses import batch_hard, semi_hard
from robustlib.models import Classifier, convnet, lenet5
from robustlib.objectives import AdversarialTraining, CrossEntropy, RobustRepresentations
from robustlib.training import Adam, OneCycle

# Paper: "uniformly sampling with an eps value of 0.3"; here eps is uniform in [0.1, 0.3] for each batch.
TRAIN_PGD = RandomEps(PGD(0.3, steps=10, precision="fast"), 0.1, 0.3)
TRAIN_FGSM = RandomEps(FGSM(0.3, precision="fast"), 0.1, 0.3)
# With attacked images in the batch, batch-hard mining collapses the embedding to a point, as the run
# rr-lenet-ours-fgsm-hard shows; hence semi-hard mining for the adversarially trained rows.
WITH_PGD = RobustRepresentations(mine=semi_hard, attack=TRAIN_PGD)
WITH_FGSM = RobustRepresentations(mine=semi_hard, attack=TRAIN_FGSM)


def lenet_trunk() -> Classifier:
    """LeNet-5 with the paper's 64-dimensional linear embedding."""
    return lenet5(embedding=64)


def tuned_from_one(
    prefix: str, architecture: str, model: Callable[[], Classifier], seeds: tuple[int, ...], priority: float
) -> tuple[Experiment, ...]:
    """The existing network of one architecture, and what it is tuned into."""
    base: dict[str, Any] = {"dataset": "mnist", "architecture": architecture, "model": model, "sampler": Batches(128)}
    big = architecture == "ConvNet"
    # Paper silent on the existing network: cross-entropy, 3 epochs, one cycle up to 1e-3.
    existing = Experiment(
        name=f"{prefix}-existing", label="existing network", training="cross-entropy, before tuning",
        objective=CrossEntropy(), optimizer=Adam(1e-3), epochs=3, schedule=OneCycle(), seeds=seeds,
        priority=10 * priority, **base,
    )  # fmt: skip
    tuned = partial(Experiment, start=existing, optimizer=Adam(1e-4), epochs=10, **base)  # section 3.2, Setup
    rows = (
        tuned(name=f"{prefix}-softmax", label="Softmax", training="cross-entropy", objective=CrossEntropy(),
              seeds=seeds, priority=9 * priority, shipped=True),
        tuned(name=f"{prefix}-ours", label="Ours", training="triplets", objective=RobustRepresentations(),
              seeds=seeds, priority=8 * priority, shipped=True),
        tuned(name=f"{prefix}-ours-pgd", label="Ours_PGD", training="triplets + PGD", objective=WITH_PGD,
              priority=7 * priority, affordable=2 if big else None),
        tuned(name=f"{prefix}-ours-fgsm", label="Ours_FGSM", training="triplets + FGSM", objective=WITH_FGSM,
              priority=6 * priority, affordable=3 if big else None),
        # Not in the paper: the same adversarial training without triplets, to tell which of the two does the work.
        tuned(name=f"{prefix}-softmax-pgd", label="Softmax_PGD (not in the paper)", training="cross-entropy + PGD",
              objective=AdversarialTraining(TRAIN_PGD), priority=5 * priority, affordable=2 if big else None,
              shipped=not big),
    )  # fmt: skip
    if big:
        return existing, *rows
    hard = replace(WITH_FGSM, mine=batch_hard)
    label, training = "Ours_FGSM with batch-hard mining", "batch-hard triplets + FGSM"
    more = {"objective": hard, "affordable": 3, "priority": priority}
    return existing, *rows, tuned(name=f"{prefix}-ours-fgsm-hard", label=label, training=training, **more)


EXPERIMENTS = (
    *tuned_from_one("rr-convnet", "ConvNet", convnet, (0,), priority=1.0),
    *tuned_from_one("rr-lenet", "LeNet-5", lenet_trunk, (0, 1, 2), priority=0.5),
)
