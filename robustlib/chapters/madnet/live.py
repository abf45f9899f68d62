"""What a notebook computes on the spot for the chapter on MadNet: small networks, and where their margin goes."""

from collections.abc import Mapping
from typing import Any

import torch

from robustlib.attacks import PGD
from robustlib.datasets import SiamesePairs
from robustlib.evaluation import Cell, Table, distortion_bound, under_attack
from robustlib.experiments.live import outcome_cell
from robustlib.interfaces import Images
from robustlib.jacobian import differenced_jacobian_norm, jacobian_norm, projected_jacobian_norm
from robustlib.losses import margin
from robustlib.models import Classifier, lenet5
from robustlib.objectives import MAD
from robustlib.training import Adam, OneCycle, fit

NUMBERS = ("margin", "Jacobian norm", "margin over Jacobian")


def trained(train: Any, objective: MAD, epochs: int = 3, device: str | torch.device = "cpu") -> Classifier:
    """LeNet-5 from seed 0 on pairs of these images, with any of MadNet's terms; in eval mode."""
    torch.manual_seed(0)
    net = lenet5().to(device)
    loader = SiamesePairs(32)(train)
    fit(net, loader, objective, optimizer=Adam(3e-3), schedule=OneCycle(), epochs=epochs, progress=False)
    return net.eval()


def measured(networks: Mapping[str, Classifier], data: Any, eps: float, steps: int = 20) -> Table:
    """What each network reads right, clean and under margin PGD, in %; and the median over images of its margin, of its
    Jacobian norm, and of their ratio, in the units of its own embedding and of the pixels.
    """
    cells, attack = [], {f"PGD at {eps:g}": PGD(eps, steps, loss=margin, stop_early=True)}
    x, y = data
    for name, net in networks.items():
        cells += [outcome_cell(name, how, found) for how, found in under_attack(net, attack, (x, y)).items()]
        found = distortion_bound(net, x, y)
        medians = (found.eta.median(), found.jacobian.median(), found.bound.median())
        cells += [Cell(name, of, ours=value.item(), n=len(x)) for of, value in zip(NUMBERS, medians, strict=True)]
    caption = (
        f"Accuracy in %, clean and under margin PGD of {steps} steps, L-infinity, with 95 % Wilson intervals; and "
    )
    caption += "medians of the margin, the Jacobian norm and their ratio (L2, pixel units). "
    return Table(f"{caption}n = {len(x)} embedded digits, seed 0.", tuple(cells), digits=2)


def estimates(net: Classifier, x: Images, draws: int = 20) -> Table:
    """The exact Jacobian norm of each image's embedding, and the mean of many estimates by either cheap way, with the
    least and the most of them.
    """
    torch.manual_seed(0)
    x = x.detach().requires_grad_(True)
    z = net.features(x)
    exact = jacobian_norm(z, x).detach()
    projected = torch.stack([projected_jacobian_norm(z, x).detach() for _ in range(draws)])
    with torch.no_grad():
        moved = torch.stack([differenced_jacobian_norm(net.features, x, z=z) for _ in range(draws)])
    cells = []
    for i in range(len(x)):
        row = f"digit {i + 1}"
        cells.append(Cell(row, "exact", ours=exact[i].item(), n=1))
        for way, found in (("projected", projected[:, i]), ("difference", moved[:, i])):
            ends = found.square().mean().sqrt().item(), found.min().item(), found.max().item()
            cells.append(Cell(row, way, ours=ends[0], low=ends[1], high=ends[2], n=draws))
    caption = f"Frobenius norm of the embedding's Jacobian: exact, and the root mean square of {draws} estimates from "
    return Table(f"{caption}one direction each. Brackets: the least and the most of them.", tuple(cells), digits=2)
