"""One rule for gamma that needs no adversarial image: how likely the density finds held-out images."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, pi

import torch

from robustlib.datasets.split import Split
from robustlib.detectors.features import features
from robustlib.detectors.kernel_density import KernelDensity
from robustlib.door import check_batch
from robustlib.geometry import float64
from robustlib.interfaces import Images, Labels


@dataclass(frozen=True)
class GammaChoice:
    """The best gamma, and how likely held-out images were at each candidate."""

    gamma: float
    candidates: tuple[float, ...]
    log_likelihoods: tuple[float, ...]  # nats per image, in the order of the candidates


@torch.no_grad()
def choose_gamma(
    detector: KernelDensity, held_out: Split | tuple[Images, Labels], candidates: Sequence[float]
) -> GammaChoice:
    r"""The candidate with the largest mean log-likelihood of held-out images, and that of every one.

    .. math:: \frac{1}{n} \sum_x \left[\frac d 2 \log \frac \gamma \pi + \log KD_\gamma(x, y)\right]

    The first term makes the kernel integrate to one; without it the widest kernel would always win. y is the true
    class. The images must not be those the detector was fitted on: next to its own point a kernel is best
    infinitely narrow. `detector.at(gamma)` is then the detector to use.
    Raises: ValueError without a candidate or an image, and as `KernelDensity` does.
    """
    if isinstance(held_out, tuple):
        check_batch(*held_out, name="held_out")
    y = held_out[1] if isinstance(held_out, tuple) else held_out.y
    if len(y) == 0 or len(candidates) == 0:
        raise ValueError(f"a choice needs candidates and held-out images, got {len(candidates)} and {len(y)}")
    z = features(detector.model, held_out, torch.arange(len(y)))
    found = []
    for gamma in candidates:
        density = float64(detector.at(gamma).log_density(z, y.to(z.device))).mean().item()
        found.append(z.shape[1] / 2 * log(gamma / pi) + density)
    return GammaChoice(candidates[found.index(max(found))], tuple(candidates), tuple(found))
