"""Clean accuracy on every test image, the nearest wrong image of each, and what a training step costs."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from robustlib.attacks import DDN
from robustlib.evaluation import under_attack
from robustlib.evaluation.cost import counting
from robustlib.evaluation.verdicts import seeded
from robustlib.experiments import Findings, Row, Subject, registry
from robustlib.experiments.rows import accuracy_row
from robustlib.experiments.standard_suite import as_trained

PASSES = "passes of an image"


@dataclass(frozen=True)
class DistanceAndCost:
    """Clean on all test images, DDN on the first n, and the passes of one training step for each of its images."""

    target: Callable[[Subject], nn.Module] = as_trained
    defense: str = ""  # how that reading is called in the rows
    steps: int = 100  # of DDN
    batch: int = 128  # images of a step, as cross-entropy takes them

    def __call__(self, on: Subject) -> Findings:
        target, ddn = self.target(on).eval(), DDN(self.steps)
        clean = under_attack(target, {}, on.dataset.test, seed=on.seed)["clean"]
        found = under_attack(
            target, {"DDN": ddn}, on.dataset.test[: on.n], seed=on.seed, checkpoint=on.folder / "ddn.pt"
        )
        lengths = found["DDN"].l2.masked_fill(found["DDN"].correct, torch.inf)[found["clean"].correct]
        rows = [
            accuracy_row(clean, images="all test images", defense=self.defense),
            median_row(lengths, attack="DDN", norm="L2", steps=self.steps, defense=self.defense),
            Row(PASSES, passes(on) / self.batch),
        ]
        return Findings(rows, {"DDN": ddn})


def median_row(lengths: Tensor, **columns: object) -> Row:
    """The median length over images that were right, with the middle half; infinite where nothing was found.

    Without a value where half of the images or more were not broken, and without an interval where a quarter was not.
    """
    if len(lengths) == 0:
        return Row("distortion", None, 0, **columns)  # type: ignore[arg-type]
    quarters = lengths.float().quantile(torch.tensor([0.25, 0.5, 0.75]), interpolation="higher").tolist()
    low, middle, high = (round(v, 5) if v < float("inf") else None for v in quarters)
    low = None if high is None else low
    return Row("distortion", middle, len(lengths), low, high, **columns)  # type: ignore[arg-type]


def passes(on: Subject) -> int:
    """Forward and backward passes through the body in one training step, every image of every batch counted.

    A backward pass through a backward pass, as a Jacobian's training takes, counts as one, and costs more.
    """
    experiment, model = registry.experiment(on.network), deepcopy(on.model).train()
    with seeded(on.seed, "one step", next(model.parameters()).device), torch.enable_grad():
        batch = next(iter(experiment.sampler(on.dataset.train)))
        with counting(model) as found:
            sum(experiment.objective(model, *batch).values()).backward()  # type: ignore[union-attr]
    return found.forward + found.backward
