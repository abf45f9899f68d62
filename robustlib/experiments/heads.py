"""New heads on a trained body: what an evaluation swaps in to see whether the embedding or the head was robust."""

from typing import Any

import torch
from torch import nn

from robustlib.evaluation.verdicts import seeded
from robustlib.gradient import evaluating
from robustlib.interfaces import Features, Labels
from robustlib.losses import cross_entropy
from robustlib.models import Classifier, NearestNeighbours


@torch.no_grad()
def features_of(model: Classifier, split: Any, count: int, batch: int = 500) -> tuple[Features, Labels]:
    """Features and labels of the first `count` images of a split, in eval mode, without gradient."""
    z, labels = [], []
    with evaluating(model):
        for begin in range(0, min(count, len(split)), batch):
            x, y = split[begin : min(begin + batch, count)]
            z.append(model.features(x).float())
            labels.append(y)
    return torch.cat(z), torch.cat(labels)


def linear_head(z: Features, y: Labels, classes: int, steps: int = 300) -> nn.Linear:
    """A linear layer fitted to fixed features by cross-entropy (Adam, 1e-2, full batch), from seed 0."""
    with seeded(0, "linear head", z.device), torch.enable_grad():
        head = nn.Linear(z.shape[1], classes).to(z.device)
        optimizer = torch.optim.Adam(head.parameters(), 1e-2)
        for _ in range(steps):
            optimizer.zero_grad()
            cross_entropy(head(z), y).mean().backward()
            optimizer.step()
    return head.requires_grad_(False)


def neighbour_head(z: Features, y: Labels, classes: int, per_class: int = 100) -> NearestNeighbours:
    """A nearest-neighbour vote over the first `per_class` features of each class.

    The temperature is the median squared distance of a stored feature to its nearest neighbour in its class.
    """
    rows = torch.cat([(y == c).nonzero().squeeze(1)[:per_class] for c in range(classes)])
    stored, label = z[rows], y[rows]
    near = torch.cdist(stored, stored).square()
    itself = torch.eye(len(rows), dtype=torch.bool, device=z.device)
    near = near.masked_fill((label[:, None] != label[None]) | itself, torch.inf)
    return NearestNeighbours(stored, label, classes, tau=max(near.amin(1).median().item(), 1e-6))
