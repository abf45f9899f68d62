"""What a notebook computes on the spot for the chapter on DunDi: one attack step by step, and what eps takes away."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from robustlib.attacks import PGD, Noise
from robustlib.chapters.dundi.oracles import counted_oracles
from robustlib.evaluation import Cell, Table, under_attack
from robustlib.experiments.live import outcome_cell
from robustlib.interfaces import Attack, Features, Images, Labels
from robustlib.losses import margin
from robustlib.models import Classifier, NearestOracles, draw_oracles


@dataclass(frozen=True, eq=False)
class Walk:
    """The images of an attack by step, and what is said of each."""

    images: Images
    values: tuple[int, ...]
    texts: tuple[str, ...]


@torch.no_grad()
def walk(model: Classifier, x: Images, y: Labels, eps: float, steps: int = 10) -> Walk:
    """Margin PGD from one clean image, without a random start: 0 to `steps` steps of 2 eps / steps.

    The texts name the mean distances of a head such as `NearestOracles`, whose logits are minus distances.
    Raises: ValueError for more than one image.
    """
    if len(x) != 1:
        raise ValueError(f"one walk needs one image, got {len(x)}")
    attacks = [PGD(eps, t, 2 * eps / steps, loss=margin, random_start=False) for t in range(1, steps + 1)]
    images = torch.cat([x, *(attack(model, x, y) for attack in attacks)])
    texts = []
    for far in -model(images):
        own, other = far[y[0]], far.scatter(0, y[0], torch.inf)
        nearest = int(other.argmin())
        read = "read right" if own <= other[nearest] else f"read as {nearest}"
        texts.append(f"to class {int(y[0])}: {own:.0f}; to class {nearest}: {other[nearest]:.0f}; {read}")
    return Walk(images, tuple(range(steps + 1)), tuple(texts))


@torch.no_grad()
def travelled(networks: dict[str, Classifier], x: Images, y: Labels, eps: float, steps: int = 40) -> Table:
    """How much of each network's gap, minus its margin, a perturbation of eps takes away: noise, and margin PGD.

    Medians over the images that the network gets right, with the middle half of them in brackets.
    """
    cells, counts = [], set()
    attacks: dict[str, Attack] = {"noise": Noise(eps), "PGD": PGD(eps, steps, loss=margin)}
    for name, model in networks.items():
        gap = -margin(model(x), y)
        right = gap > 0
        counts.add(int(right.sum()))
        cells.append(_middle(name, "gap, clean", gap[right]))
        for said, attack in attacks.items():
            torch.manual_seed(0)
            left = -margin(model(attack(model, x[right], y[right])), y[right])
            cells.append(_middle(name, f"taken by {said}, %", 100 * (gap[right] - left) / gap[right]))
    caption = "Gap, the lead of the right logit, in each network's own unit, and the share of it that random noise and "
    caption += f"margin PGD of {steps} steps take away. Medians, brackets: the middle half. L-infinity, eps = {eps:g}, "
    count = " and ".join(map(str, sorted(counts)))
    return Table(f"{caption}n = {count} of {len(x)} digits: those read right when clean, seed 0.", tuple(cells))


def _middle(row: str, column: str, values: Tensor) -> Cell:
    low, middle, high = values.cpu().quantile(torch.tensor([0.25, 0.5, 0.75])).tolist()
    return Cell(row, column, None, middle, low, high)


def attacked_table(
    body: nn.Module,
    z: Features,  # embeddings to draw oracles from
    y: Labels,
    data: Any,  # a Split, or (x, y)
    oracles: int,
    eps: float,
) -> Table:
    """Accuracy of the exact rule with so many oracles a class: clean, under noise, and under margin PGD (40 steps)."""
    classes = int(y.max()) + 1
    model = Classifier(body, NearestOracles(*draw_oracles(z, y, oracles, seed=0), classes=classes)).eval()
    attacks: dict[str, Attack] = {"noise": Noise(eps), "margin PGD": PGD(eps, 40, loss=margin, stop_early=True)}
    row, outcomes = f"{counted_oracles(oracles)}, eps {eps:g}", under_attack(model, attacks, data)
    caption = f"Accuracy in %, margin PGD of 40 steps, L-infinity, n = {outcomes['clean'].n}, seed 0, 95 % Wilson."
    return Table(caption, tuple(outcome_cell(row, name, found) for name, found in outcomes.items()))
