"""Small runs for the page on reverse cross-entropy: seconds on one CPU thread, never a published number."""

from collections.abc import Mapping

import torch
from torch import nn

from robustlib.datasets import Batches
from robustlib.datasets.split import Split
from robustlib.detectors import Guarded, KernelDensity
from robustlib.evaluation import Cell, Detection, Table, pairs
from robustlib.interfaces import Images, Labels, Objective
from robustlib.models import Classifier, Negate, lenet5
from robustlib.objectives import CrossEntropy, ReverseCrossEntropy
from robustlib.training import Adam, OneCycle, fit


def both_losses(train: Split, epochs: int, device: str | torch.device = "cpu") -> dict[str, Classifier]:
    """LeNet-5 twice from the same start, seed 0: trained with cross-entropy, and with reverse cross-entropy."""
    trained = {}
    objectives: dict[str, Objective] = {"CE": CrossEntropy(), "RCE": ReverseCrossEntropy()}
    for loss, objective in objectives.items():
        torch.manual_seed(0)
        net = lenet5().to(device)
        if loss == "RCE":
            net = Classifier(net.body, nn.Sequential(net.head, Negate()))
        loader = Batches(64)(train)
        fit(net, loader, objective, optimizer=Adam(2e-3), schedule=OneCycle(), epochs=epochs, progress=False)
        trained[loss] = net.eval()
    return trained


def verdicts(
    nets: Mapping[str, Classifier],
    densities: Mapping[str, KernelDensity],
    thresholds: Mapping[str, float],
    images: Mapping[str, Mapping[str, Images]],  # what was done to the images -> loss -> the images
    y: Labels,
    said: str,
) -> Table:
    """How many images each guarded network reads right, rejects, or is fooled by; a row for what was done to them."""
    cells = []
    for done, by_loss in images.items():
        for loss, x in by_loss.items():
            found = Guarded(nets[loss], densities[loss], thresholds[loss]).verdicts(x, y)
            for verdict, count in zip(("right", "rejected", "fooled"), found.values(), strict=True):
                cells.append(Cell(f"{loss}, {done}", verdict, ours=count, n=len(y)))
    return Table(f"Verdicts, counted over {len(y)} embedded digits, {said}", tuple(cells), digits=0)


@torch.no_grad()
def auc_row(
    densities: Mapping[str, KernelDensity], attacked: Mapping[str, Images], x: Images, y: Labels, gamma: float
) -> tuple[Cell, ...]:
    """The AUC times 100 of every network's density at one gamma, over the images that its attack broke."""
    cells = []
    for loss, density in densities.items():
        broken, at = pairs(density.model, x, attacked[loss], y), density.at(gamma)
        found = Detection(at.score(x[broken]), at.score(attacked[loss][broken]))
        low, high = found.interval
        cells.append(Cell(f"gamma {gamma:g}", loss, None, 100 * found.auc, 100 * low, 100 * high, int(broken.sum())))
    return tuple(cells)


def auc_rows(*rows: tuple[Cell, ...], said: str) -> Table:
    """Such rows under one caption."""
    return Table(f"AUC in %, {said}, live, 95 % DeLong intervals", tuple(cell for row in rows for cell in row))
