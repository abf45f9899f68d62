"""The words every room shares: tensor shapes, and what an attack and a detector are.

Images are float32 in [0, 1] with axes n c h w (examples, channels, rows, columns). Labels are int64 in 0 .. k-1.
"""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from jaxtyping import Float, Int
from torch import Tensor, nn

Images = Float[Tensor, "n c h w"]
Labels = Int[Tensor, " n"]
Logits = Float[Tensor, "n k"]
Features = Float[Tensor, "n d"]
Means = Float[Tensor, "k d"]  # one feature vector for each class
PerExample = Float[Tensor, " n"]
Terms = dict[str, Float[Tensor, ""]]  # what training minimises: weighted, by name; their sum is the objective


@runtime_checkable
class Loss(Protocol):
    """A function of logits and labels, one value per example: no reduction, the caller sums or averages."""

    def __call__(self, logits: Logits, y: Labels, /) -> PerExample: ...


@runtime_checkable
class Attack(Protocol):
    """An attack is a value: a frozen dataclass of hyperparameters, called with the model it is aimed at.

    The result lies in [0, 1]. Budget attacks (FGSM, PGD, ...) return their last iterate, inside the stated ball, also
    where they failed. Minimum-norm attacks (DeepFool, C&W, ...) return the clean image where they failed. The model's
    parameters, gradients, statistics, modes and hooks are left as they were.
    """

    def __call__(self, model: nn.Module, x: Images, y: Labels, /) -> Images: ...


@runtime_checkable
class Detector(Protocol):
    """A fitted detector: `score` is higher for more normal inputs and differentiable in x, so that it can be
    attacked.
    """

    def score(self, x: Images) -> PerExample: ...


@runtime_checkable
class FeatureDetector(Detector, Protocol):
    """A detector whose score is a function of the features of one model: an attack on both needs one forward."""

    model: nn.Module

    def score_features(self, z: Features) -> PerExample: ...


# An objective is called as objective(model, *batch) and gives what training minimises on that batch.
Objective = Callable[..., Terms]


def submodules(model: nn.Module) -> list[nn.Module]:
    """`model.modules()`, without the names that it finds them by: for one image those are a tenth of an attack."""
    found, known = [model], {id(model)}
    for module in found:  # which grows meanwhile
        if inside := module._modules:
            for inner in inside.values():
                if inner is not None and id(inner) not in known:
                    known.add(id(inner))
                    found.append(inner)
    return found
