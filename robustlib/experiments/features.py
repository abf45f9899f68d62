"""What a network's body makes of the images of a split."""

from typing import Any

import torch

from robustlib.gradient import evaluating
from robustlib.interfaces import Features, Labels
from robustlib.models import Classifier


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
