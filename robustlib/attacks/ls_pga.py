"""Logit-space projected gradient ascent: a gradient attack on what has levels instead of slopes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from robustlib.attacks.inputs import check_budget
from robustlib.door import check_inputs, check_logits
from robustlib.geometry import Linf, draw
from robustlib.gradient import evaluating, input_gradient, recording, search_logits
from robustlib.interfaces import Images, Labels, Logits, Loss, PerExample, submodules
from robustlib.losses import cross_entropy
from robustlib.models import Thermometer
from robustlib.precision import Precision

Candidates = Float[Tensor, "n h w c l"]  # for each pixel, and each level, the pixel's nearest value of that level
INSIDE = 1e-3  # of a level's width: how far from its edges, so that rounding moves no pixel to the next level


@dataclass(frozen=True)
class LSPGA:
    r"""Climb in the logits u of a distribution over the levels that each pixel can reach, and cool it down.

    .. math:: p = \mathrm{softmax}(T_t\, u_t) \text{ over levels } j \text{ that meet } [x - \epsilon, x + \epsilon], \\
              \tau_k = \sum_{j \ge k} p_j, \quad
              u_{t+1} = u_t + \xi\,\mathrm{sign}\,\nabla_u L(f(\tau), y), \quad
              T_{t+1} = \delta\, T_t, \quad u_0 \sim N(0, 1)

    The network behind a `Thermometer` reads the relaxed code tau, which has a slope. At the end each pixel gets its
    likeliest level, by the smallest change that reaches it: an ordinary image in the ball, which any model can be
    shown. A model without a `Thermometer` reads the mean of the reachable values, of `levels` cells, under p.

    The released code starts and cools as here, with a step of 1, but adds the gradient itself where the text takes its
    sign. A step of 0.01, at which networks were trained for CIFAR-10, hardly reorders levels that start at N(0, 1).

    Source: Buckman et al. 2018, algorithms 1 (the reachable levels) and 3; step, T_0 and delta of its released code.
    Kind: budget, L-infinity.
    Raises: ValueError unless eps >= 0, step > 0, steps >= 1, T > 0, delta >= 1 and levels >= 2; when called, for bad
    images or labels, and for thermometers of different levels.
    """

    eps: float = 0.3  # radius, pixel units of [0, 1]
    steps: int = 7  # gradient evaluations, >= 1
    step: float = 1.0  # xi, units of the logits u
    inverse_temperature: float = 1.0  # T_0
    anneal: float = 1.2  # delta, the factor on T at each step, >= 1
    levels: int = 16  # of a model without a Thermometer; one that has it says its own
    loss: Loss = cross_entropy
    targeted: bool = False  # then y are the targets, and the loss is descended
    precision: Precision = None  # of the search: "fast", torch.bfloat16; None is float32

    norm = Linf()

    def __post_init__(self) -> None:
        check_budget(self.eps, self.step, self.steps)
        if not 0 < self.inverse_temperature < float("inf") or not 1 <= self.anneal < float("inf"):
            found = f"inverse_temperature={self.inverse_temperature}, anneal={self.anneal}"
            raise ValueError(f"LSPGA needs an inverse temperature > 0 and anneal >= 1, both finite, got {found}")
        Thermometer(self.levels)

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        check_inputs(model, x, y)
        x = x.detach()
        if len(x) == 0:
            return x.clone()
        encoders = [module for module in submodules(model) if isinstance(module, Thermometer)]
        levels = {encoder.levels for encoder in encoders} or {self.levels}
        if len(levels) > 1:
            raise ValueError(f"the model's thermometers have different levels, {sorted(levels)}: LSPGA climbs on one")
        values, reachable = candidates(x, self.eps, levels.pop())
        out_of_reach = torch.zeros_like(values).masked_fill_(~reachable, -torch.inf)
        at_least = torch.ones(values.shape[-1:] * 2, dtype=x.dtype, device=x.device).tril()  # [j, k]: whether j >= k
        u, temperature, first = draw(tuple(values.flatten(3).shape), x, "normal"), self.inverse_temperature, True

        def scores(u: Images) -> tuple[Logits, PerExample]:
            p = torch.add(out_of_reach, u.reshape(values.shape), alpha=temperature).softmax(-1)
            if encoders:
                with _reading(encoders, (p @ at_least).flatten(3).permute(0, 3, 1, 2)):
                    said = search_logits(model, x, self.precision)
            else:
                said = search_logits(model, (p * values).sum(-1).permute(0, 3, 1, 2).clamp(0, 1), self.precision)
            if first:
                check_logits(said, y)
            f = self.loss(said, y)
            return said, -f if self.targeted else f

        with evaluating(model), recording():
            for _ in range(self.steps):
                u = u.add(input_gradient(scores, u)[1].sign_(), alpha=self.step)
                temperature, first = self.anneal * temperature, False
        likeliest = (out_of_reach + u.reshape(values.shape)).argmax(-1, keepdim=True)
        return values.gather(-1, likeliest).squeeze(-1).permute(0, 3, 1, 2).contiguous()


def candidates(x: Images, eps: float, levels: int) -> tuple[Candidates, Bool[Tensor, "n h w c l"]]:
    """Of every level the value nearest to the pixel, and whether it lies within eps: the pixel's own level always does.

    Source: Buckman et al. 2018, algorithm 1.
    """
    k = torch.arange(levels, dtype=x.dtype, device=x.device)
    pixel = x.permute(0, 2, 3, 1)[..., None]
    values = pixel.clamp((k + INSIDE) / levels, (k + 1 - INSIDE) / levels)
    own = (levels * pixel).floor().clamp(max=levels - 1) == k
    values = torch.where(own, pixel, values)
    return values, own | ((values - pixel).abs() <= eps)


@contextmanager
def _reading(encoders: list[Thermometer], code: Images) -> Iterator[None]:
    """Have what follows the thermometers read this code instead of theirs."""
    handles = [encoder.register_forward_hook(lambda module, given, out: code) for encoder in encoders]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
