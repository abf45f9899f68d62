"""What reads an embedding after training, and how far its classes lie apart."""

import torch
from torch import nn

from robustlib.evaluation.verdicts import seeded
from robustlib.interfaces import Features, Labels, Means
from robustlib.losses import cross_entropy
from robustlib.models import Classifier, NearestMeans, NearestNeighbours


def new_heads(model: Classifier, z: Features, y: Labels, means: Means) -> dict[str, Classifier]:
    """The same body under heads that the defender did not train: was the embedding robust, or the head?"""
    heads = {
        "fresh linear head": linear_head(z, y, len(means)),
        "nearest mean head": NearestMeans(means),
        "nearest neighbour head": neighbour_head(z, y, len(means)),
    }
    return {name: Classifier(model.body, head) for name, head in heads.items()}


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


def class_distances(z: Features, y: Labels, means: Means) -> dict[str, float]:
    """How tight and how far apart the classes are in the embedding (root mean square distances)."""
    within = (z - means[y]).square().sum(1).mean().sqrt().item()
    between = torch.pdist(means).square().mean().sqrt().item()
    return {"within-class distance": within, "between-class distance": between, "separation": between / within}
