"""The Jacobian-based saliency map attack: few pixels, changed a lot."""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool
from torch import Tensor, nn

from robustlib.attacks.climb import is_broken
from robustlib.attacks.saliency import salient_pair, salient_pixel
from robustlib.door import check_inputs
from robustlib.gradient import clean_logits, evaluating, input_gradients, search_logits
from robustlib.interfaces import Images, Labels, PerExample
from robustlib.losses import logit
from robustlib.precision import Precision

FULL = 1e-6  # a pixel this near to the end of its range cannot move


@dataclass(frozen=True)
class JSMA:
    r"""Step after step, move by theta the pixels that raise the target's logit most while they lower the others' sum.

    .. math:: (p, q) = \mathrm{arg\,max}\; \alpha\,|\beta| \text{ with } \alpha > 0 > \beta, \quad
              \alpha = \sum_{i \in \{p, q\}} \frac{\partial f_t}{\partial x_i}, \quad
              \beta = \sum_{i \in \{p, q\}} \sum_{j \ne t} \frac{\partial f_j}{\partial x_i}

    until the target is reached. A pixel at the end of its range leaves the search; each channel counts as a pixel.
    Untargeted, the most likely wrong classes are tried, any wrong answer is a success, and the one with the fewest
    changed pixels is kept. For a target chosen by a rule: `Relabel(JSMA(targeted=True), random_class)`.
    Where no pixel qualifies, which the paper leaves open, the largest :math:`\alpha - \beta` is taken.

    Pang et al. 2018 (RCE) as released: `Relabel(JSMA(theta=eps, pixels=1, steps=100, targeted=True, softmax=True,
    room=False, keep_last=True), least_likely)`.

    Source: Papernot et al. 2016 (Limitations), algorithms 2 and 3 (`pixels=2`) and equation 8 (`pixels=1`).
    Kind: minimum-norm (the number of changed pixels). Raises: ValueError unless theta is in [-1, 1] and not 0, gamma
    in (0, 1], pixels 1 or 2, steps and targets >= 1; when called, for bad images or labels.
    """

    theta: float = 1.0  # change of a chosen pixel, in [-1, 1], pixel units; negative: pixels are darkened
    gamma: float = 0.145  # share of the pixels that may change, in (0, 1]
    pixels: Literal[1, 2] = 2  # changed in a step
    steps: int | None = None  # >= 1; None: as many as gamma allows. Given, gamma is not used
    targets: int = 1  # untargeted: wrong classes to try, the most likely first, >= 1; all if the model has fewer
    targeted: bool = False  # then y are the targets, and only they count
    softmax: bool = False  # slopes of the probabilities, not of the logits: they vanish where the model is sure
    room: bool = True  # slopes count as far as the pixel can still move. False, as printed: a full one is as good
    keep_last: bool = False  # return the last iterate where the attack failed, not the clean image
    precision: Precision = None  # of the search: "fast", torch.bfloat16; None is float32

    def __post_init__(self) -> None:
        if not 0 < abs(self.theta) <= 1 or not 0 < self.gamma <= 1:
            found = f"theta={self.theta}, gamma={self.gamma}"
            raise ValueError(f"JSMA needs theta in [-1, 1] but not 0, and gamma in (0, 1], got {found}")
        if self.pixels not in (1, 2):
            raise ValueError(f"JSMA changes pixels=1 or pixels=2 in a step, got {self.pixels}")
        if (self.steps is not None and self.steps < 1) or self.targets < 1:
            raise ValueError(f"JSMA needs steps >= 1 (or None) and targets >= 1, got {self.steps} and {self.targets}")

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        check_inputs(model, x, y)
        x = x.detach()
        result = x.clone()
        if len(x) == 0:
            return result
        logits = clean_logits(model, x, y)
        with evaluating(model), torch.no_grad():
            rows = ((logits.argmax(1) == y) != self.targeted).nonzero().squeeze(1)
            wrong = logits.scatter(1, y[:, None], -torch.inf).argsort(1, descending=True)[:, :-1]
            goals = y[:, None] if self.targeted else wrong[:, : self.targets]
            fewest = torch.full_like(logits[:, 0], torch.inf)
            for i, goal in enumerate(goals.unbind(1) if len(rows) else ()):
                x_adv, broken = self._towards(goal[rows], model, x[rows], y[rows], fewest[rows])
                kept = broken | (self.keep_last and i == 0)
                result[rows[kept]] = x_adv[kept]
                fewest[rows[broken]] = _changed(x_adv[broken], x[rows[broken]])
        return result

    def _towards(
        self, goal: Labels, model: nn.Module, x: Images, y: Labels, fewest: PerExample
    ) -> tuple[Images, Bool[Tensor, " n"]]:
        """The last iterate towards the goals, and whether it is a success with fewer changed pixels than `fewest`."""
        last, success = x.clone(), torch.zeros_like(y, dtype=torch.bool)
        moving, rows = x, torch.arange(len(x), device=x.device)

        def scores(x_adv: Images) -> tuple[Tensor, Tensor]:
            logits = search_logits(model, x_adv, self.precision)
            values = logits.softmax(1) if self.softmax else logits
            target = logit(values, goal[rows])
            return logits, torch.stack([target, values.sum(1) - target], 1)

        for _ in range(self._steps(x[:1].numel())):
            logits, slopes = input_gradients(scores, moving)
            broken = (logits.argmax(1) == y[rows]) == self.targeted
            if self.precision is not None:
                broken[broken.clone()] = is_broken(model, moving[broken], y[rows[broken]], self.targeted)
            worse = _changed(moving, x[rows]) >= fewest[rows]
            pick, found = self._pick(slopes(0), slopes(1), moving)
            stays = broken | worse | ~found
            last[rows[stays]], success[rows] = moving[stays], broken & ~worse
            moving, pick, rows = moving[~stays], pick[~stays], rows[~stays]
            if len(rows) == 0:
                return last, success
            pixels = moving.flatten(1)
            values = (pixels.gather(1, pick) + self.theta).clamp_(0, 1)
            moving = pixels.scatter(1, pick, values).reshape(moving.shape)
        last[rows] = moving
        success[rows] = is_broken(model, moving, y[rows], self.targeted)
        success[rows] &= _changed(moving, x[rows]) < fewest[rows]
        return last, success

    def _steps(self, pixels: int) -> int:
        return self.steps or max(1, math.floor(self.gamma * pixels / self.pixels + 1e-9))

    def _pick(self, target: Images, others: Images, x: Images) -> tuple[Tensor, Bool[Tensor, " n"]]:
        """The pixels to change, (n, pixels), one of them twice if no other is free; and whether any can do anything."""
        left = (1 - x if self.theta > 0 else x).flatten(1)
        step = math.copysign(1.0, self.theta) * (left.clamp(max=abs(self.theta)) if self.room else 1.0)
        up, down, free = step * target.flatten(1), -step * others.flatten(1), left > FULL
        pick, found = (salient_pair if self.pixels == 2 else salient_pixel)(up, down, free)
        score, second = (up + down).masked_fill(~free, -torch.inf).topk(min(self.pixels, left.shape[1]), 1)
        second = torch.where(score.isinf(), second[:, :1], second)
        alive = (free & ((up != 0) | (down != 0))).any(1)
        return torch.where(found[:, None], pick, second), found | alive


def _changed(x_adv: Images, x: Images) -> PerExample:
    """How many pixels differ."""
    return (x_adv != x).flatten(1).sum(1).to(x.dtype)
