"""What detectors say of crafted images, as plain data for a result file."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from robustlib.detectors import KernelDensity
from robustlib.evaluation import Detection, wilson
from robustlib.experiments.crafting import Crafted
from robustlib.interfaces import Detector, Images


@torch.no_grad()
def scored(detector: Detector, x: Images, batch: int = 500) -> Tensor:
    """The scores of many images, on the CPU."""
    return torch.cat([detector.score(part).float().cpu() for part in x.split(batch)])


def pair(detector: Detector, made: Crafted, held_out: Tensor | None = None) -> Detection:
    """Scores of the images that the attack broke, before and after."""
    fooled = made.fooled.to(made.x.device)
    if not fooled.any():
        return Detection(torch.zeros(0), torch.zeros(0), held_out)
    return Detection(scored(detector, made.x[fooled]), scored(detector, made.x_adv[fooled]), held_out)


def detection(
    detectors: Mapping[str, Detector], held_out: Mapping[str, Tensor], made: Crafted, full: bool
) -> dict[str, Any]:
    """The record of each detector; without its curves unless `full`."""
    found = {name: pair(d, made, held_out[name]).record() for name, d in detectors.items()}
    if full:
        return found
    return {name: {k: v for k, v in r.items() if k not in ("roc", "histogram")} for name, r in found.items()}


@torch.no_grad()
def gamma_curve(density: KernelDensity, made: Crafted, gammas: Sequence[float]) -> dict[str, dict[str, float] | None]:
    """The AUC and its interval at every gamma; the features are computed once."""
    fooled = made.fooled.to(made.x.device)
    if not fooled.any():
        return {f"{g:g}": None for g in gammas}
    sides = []
    for images in (made.x[fooled], made.x_adv[fooled]):
        z = torch.cat([density.model.features(part) for part in images.split(500)])
        sides.append((z, density.model.head(z).argmax(1)))
    found: dict[str, dict[str, float] | None] = {}
    for g in gammas:
        at = density.at(g)
        found[f"{g:g}"] = auc_and_interval(Detection(*(at.log_density(z, label).cpu() for z, label in sides)))
    return found


def auc_and_interval(found: Detection) -> dict[str, float]:
    """Rounded for a result file."""
    low, high = found.interval
    return {"auc": round(found.auc, 5), "low": round(low, 5), "high": round(high, 5)}


def auc_of(detector: Detector, made: Crafted) -> dict[str, float] | None:
    """The AUC and its interval; None where nothing was broken."""
    found = pair(detector, made)
    if len(found.adversarial) == 0:
        return None
    return auc_and_interval(found)


def quantiles(values: Tensor) -> dict[str, float]:
    """Mean, median, the middle half and the number of values."""
    at = values.float().quantile(torch.tensor([0.25, 0.5, 0.75]))
    low, middle, high = (round(v, 5) for v in at.tolist())
    return {
        "mean": round(values.float().mean().item(), 5),
        "median": middle,
        "low": low,
        "high": high,
        "n": len(values),
    }


def share(hits: int, n: int) -> dict[str, Any] | None:
    """A share with its interval; None of nothing."""
    if n == 0:
        return None
    low, high = wilson(hits, n)
    return {"share": hits / n, "low": low, "high": high, "n": n}
