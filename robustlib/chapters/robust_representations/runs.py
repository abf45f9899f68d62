"""Robust representations by triplet loss (Fostiropoulos et al. 2020): what is trained.

The six-convolution network has one seed, a LeNet-5 trunk with the same 64-dimensional embedding has three.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from robustlib.attacks import FGSM, PGD, RandomEps
from robustlib.datasets import Batches
from robustlib.experiments import Experiment
from robustlib.interfaces import Objective
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


def of_one_architecture(
    prefix: str, architecture: str, model: Callable[[], Classifier], seeds: tuple[int, ...], priority: float
) -> tuple[Experiment, ...]:
    """The existing network, and what it is tuned into. Adversarial training of the larger one is cut short on a CPU."""
    base: dict[str, Any] = {"dataset": "mnist", "architecture": architecture, "model": model, "sampler": Batches(128)}
    big = architecture == "ConvNet"
    # Paper silent on the existing network: cross-entropy, 3 epochs, one cycle up to 1e-3.
    existing = Experiment(
        f"{prefix}-existing", "existing network", training="cross-entropy, before tuning", objective=CrossEntropy(),
        optimizer=Adam(1e-3), epochs=3, schedule=OneCycle(), seeds=seeds, priority=10 * priority, shipped=not big,
        **base,
    )  # fmt: skip

    def tuned(name: str, label: str, training: str, objective: Objective, place: int, **more: Any) -> Experiment:
        more = base | more | {"training": training, "objective": objective, "priority": place * priority}
        return Experiment(f"{prefix}-{name}", label, start=existing, optimizer=Adam(1e-4), epochs=10, **more)

    plain, hard = AdversarialTraining(TRAIN_PGD), replace(WITH_FGSM, mine=batch_hard)
    found = (
        existing,
        tuned("softmax", "Softmax", "cross-entropy", CrossEntropy(), 9, seeds=seeds, shipped=True),
        tuned("ours", "Ours", "triplets", RobustRepresentations(), 8, seeds=seeds, shipped=True),
        tuned("ours-pgd", "Ours_PGD", "triplets + PGD", WITH_PGD, 7, affordable=2 if big else None, shipped=not big,
              seeds=seeds),
        tuned("ours-fgsm", "Ours_FGSM", "triplets + FGSM", WITH_FGSM, 6, affordable=3 if big else None,
              shipped=not big),
        # Not in the paper: the same adversarial training without triplets, to tell which of the two does the work.
        tuned("softmax-pgd", "Softmax_PGD (not in the paper)", "cross-entropy + PGD", plain, 5,
              affordable=2 if big else None, shipped=not big, seeds=seeds),
        tuned("ours-fgsm-hard", "Ours_FGSM with batch-hard mining", "batch-hard triplets + FGSM", hard, 1,
              affordable=3, shipped=True),
    )  # fmt: skip
    return found[:-1] if big else found


EXPERIMENTS = (
    *of_one_architecture("rr-convnet", "ConvNet", convnet, (0,), priority=1.0),
    *of_one_architecture("rr-lenet", "LeNet-5", lenet_trunk, (0, 1, 2), priority=0.5),
)
