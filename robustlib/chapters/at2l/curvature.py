"""Whether a boundary is smooth: the curvature of the loss along its gradient, and one slice of the margin."""

from dataclasses import dataclass
from math import sqrt
from typing import Any

import torch
from torch import Tensor, nn

from robustlib.evaluation.intervals import Z95
from robustlib.experiments import Findings, Row, Subject
from robustlib.geometry import per_example
from robustlib.gradient import clean_logits, evaluating
from robustlib.interfaces import Images, Labels, Logits, PerExample
from robustlib.losses import cross_entropy, margin
from robustlib.modes import seeded


@dataclass(frozen=True)
class Curvature:
    r"""How fast the gradient of the cross-entropy turns or grows along itself, a median over the images.

    .. math:: \frac{\|\nabla L(x + h u) - \nabla L(x)\|_2}{h}, \qquad u = \frac{\nabla L(x)}{\|\nabla L(x)\|_2}

    "relative curvature" divides it by the length of the gradient, so that logits of another size do not count. On the
    first row hangs a slice: the margin of one image, in logits, in the plane of its gradient's sign and random ones,
    from -width to width times eps. An image whose gradient is 0 has no direction and is left out. "common shift" is the
    share of the logits' variance in which all classes move alike, which a triplet on logits sees and no softmax does.

    Source: Moosavi-Dezfooli et al. 2019 (CURE), section 3, which takes the sign of the gradient as u. AT2L (Li et al.
    2019) says that its triplet smooths the classification boundary, and measures nothing of the kind.
    """

    eps: float  # L-infinity radius of the slice's unit, pixel units of [0, 1]
    h: float = 0.1  # length of the step, L2, pixel units
    points: int = 33  # of the slice, each way
    width: float = 2.0

    def __call__(self, on: Subject) -> Findings:
        x, y = on.dataset.test[: on.n]
        found = curvatures(on.model, x, y, self.h)
        rows = [median_row(name, values, eps=self.eps) for name, values in found.items()]
        logits = clean_logits(on.model, x, y).detach()
        rows.append(Row("common shift", common_shift(logits), len(y), *shift_interval(logits, on.seed)))
        right = (logits.argmax(1) == y).nonzero()
        if len(right):
            i = int(right[0])
            rows[0] = median_row("curvature", found["curvature"], eps=self.eps, series={"slice": self.slice(on, i)})
        return Findings(rows)

    @torch.no_grad()
    def slice(self, on: Subject, i: int) -> dict[str, Any]:
        """The margin over the plane, rows along the gradient's sign, and which image it is."""
        x, y = on.dataset.test[i : i + 1]
        along = gradient(on.model, x, y).sign()
        with seeded(on.seed, "slice", x.device):
            across = torch.randn_like(x).sign()
        reach = torch.linspace(-self.width * self.eps, self.width * self.eps, self.points)
        grid = torch.cartesian_prod(reach, reach).to(x.device)
        plane = x + grid[:, :1, None, None] * along + grid[:, 1:, None, None] * across
        values = margin(clean_logits(on.model, plane.clamp(0, 1), y.expand(len(plane))), y.expand(len(plane)))
        at = [[float(f"{v:.3g}") for v in row] for row in values.reshape(self.points, self.points).tolist()]
        return {"margin": at, "reach": float(reach[-1]), "image": i}


def curvatures(model: nn.Module, x: Images, y: Labels, h: float) -> dict[str, Tensor]:
    """Curvature along the gradient, the same over the gradient's length, and that length, of each image with one."""
    first = torch.cat([gradient(model, *part) for part in zip(x.split(250), y.split(250), strict=True)])
    length = first.flatten(1).norm(dim=1)
    there = length > 0
    x, y, first, length = x[there], y[there], first[there], length[there]
    moved = x + h * per_example(1 / length, first) * first
    second = torch.cat([gradient(model, *part) for part in zip(moved.split(250), y.split(250), strict=True)])
    turned = (second - first).flatten(1).norm(dim=1) / h
    return {"curvature": turned, "relative curvature": turned / length, "gradient norm": length}


def common_shift(logits: Logits) -> float:
    r"""The share of the variance along (1, ..., 1): :math:`K \mathrm{Var}(\bar f) / \sum_j \mathrm{Var}(f_j)`; 0 where
    nothing varies.
    """
    total = logits.var(0, correction=0).sum()
    return (logits.shape[1] * logits.mean(1).var(correction=0) / total).item() if total > 0 else 0.0


def shift_interval(logits: Logits, seed: int = 0, draws: int = 1000) -> tuple[float, float]:
    """95 % interval of the common shift: percentiles of a bootstrap over the images (Efron 1979)."""
    with seeded(seed, "common shift", logits.device):
        picked = torch.randint(len(logits), (draws, len(logits)))
    found = torch.tensor([common_shift(logits[rows.to(logits.device)]) for rows in picked])
    return found.quantile(0.025).item(), found.quantile(0.975).item()


def gradient(model: nn.Module, x: Images, y: Labels) -> Images:
    """Of the cross-entropy, in eval mode. The step may leave [0, 1]: it asks for the loss, not for an image."""
    with evaluating(model), torch.enable_grad():
        moving = x.detach().clone().requires_grad_()
        (found,) = torch.autograd.grad(cross_entropy(model(moving).float(), y).sum(), moving)
    return found


def median_row(metric: str, values: PerExample, **columns: Any) -> Row:
    """The median with the order statistics that hold it with 95 %, by the normal approximation; None of no image."""
    n = len(values)
    if n == 0:
        return Row(metric, None, 0, **columns)
    ordered, half = values.sort().values.tolist(), Z95 * sqrt(n) / 2
    low, high = max(0, int(n / 2 - half)), min(n - 1, int(n / 2 + half))
    return Row(metric, values.median().item(), n, ordered[low], ordered[high], **columns)
