"""APGD-T: Auto-PGD towards one wrong class after another."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import torch
from jaxtyping import Bool
from torch import Tensor, nn

from robustlib.attacks.apgd import APGD, ascend
from robustlib.attacks.wrappers import Restarts
from robustlib.door import check_inputs
from robustlib.geometry import Linf, Norm, draws_of
from robustlib.gradient import clean_logits
from robustlib.interfaces import Images, Labels, Logits, PerExample
from robustlib.losses import targeted_dlr
from robustlib.precision import Precision

# loss(logits, label, target): one value per example, higher is nearer the target
TargetedLoss = Callable[[Logits, Labels, Labels], PerExample]


@dataclass(frozen=True)
class APGDT:
    r"""APGD towards each of the most likely wrong classes in turn, each only on the images still standing.

    .. math:: \max_{x' \in S} \mathrm{DLR}_t(x', y) \quad \text{for the wrong classes } t \text{ of largest } f_t(x),
              \text{ the largest first}

    An image is broken when it is misclassified, as the target or as any other class. With two or three classes, where
    the DLR of a target does not exist, :math:`f_t - f_y` is raised instead (see `targeted_dlr`). With `stop_early` an
    image that is wrong already comes back as it is.

    Source: Croce & Hein 2020 (AutoAttack), section 4, equation 7; its APGD-T. Kind: budget.
    Raises: ValueError unless eps >= 0, steps, targets and restarts >= 1, rho and alpha in [0, 1]; when called, for bad
    images or labels, a loss that is not one value per image, and logits, losses or gradients that are NaN.
    """

    eps: float = 0.3  # radius, pixel units of [0, 1]
    steps: int = 100  # gradient evaluations for each target, >= 1
    targets: int = 9  # wrong classes to try, >= 1; all of them where the model has fewer
    restarts: int = 1  # runs over the targets from new starts, each on the images still standing, >= 1
    norm: Norm = field(default_factory=Linf)
    loss: TargetedLoss = targeted_dlr
    rho: float = 0.75  # the share of steps that must raise the loss, see APGD
    alpha: float = 0.75  # weight of the new direction against the last move
    random_start: bool = True
    stop_early: bool = True  # leave an example at its first broken iterate
    precision: Precision = None  # of the search: "fast", torch.bfloat16; None is float32

    def __post_init__(self) -> None:
        self._climb()
        if self.targets < 1:
            raise ValueError(f"targets counts the wrong classes to try and must be >= 1, got {self.targets}")

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        if self.restarts > 1:
            return Restarts(replace(self, restarts=1), self.restarts)(model, x, y)
        check_inputs(model, x, y)
        x_adv = x.detach().clone()
        if len(x) == 0:
            return x_adv
        logits = clean_logits(model, x_adv, y)
        order = logits.scatter(1, y[:, None], -torch.inf).sort(dim=1, descending=True, stable=True).indices
        ranked = order[:, :-1]  # the label itself comes last
        rows = torch.arange(len(x), device=x.device)
        if self.stop_early:
            rows = rows[logits.argmax(1) == y]
        for target in ranked[:, : self.targets].unbind(1):
            if len(rows) == 0:
                break
            with draws_of(len(x), rows):
                x_adv[rows], broken = self._towards(target[rows], model, x[rows], y[rows])
            rows = rows[~broken]
        return x_adv

    def _climb(self) -> APGD:
        """The climb towards one target; its own loss is not used."""
        return APGD(
            eps=self.eps,
            steps=self.steps,
            restarts=self.restarts,
            norm=self.norm,
            rho=self.rho,
            alpha=self.alpha,
            random_start=self.random_start,
            stop_early=self.stop_early,
            precision=self.precision,
        )

    def _towards(self, target: Labels, model: nn.Module, x: Images, y: Labels) -> tuple[Images, Bool[Tensor, " n"]]:
        return ascend(self._climb(), model, x, y, lambda logits, rows: self.loss(logits, y[rows], target[rows]))
