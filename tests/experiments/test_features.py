"""Features of the first images of a split: which, in what order, and in eval mode."""

import torch
from torch import nn

from robustlib.datasets import Split
from robustlib.experiments.features import features_of
from robustlib.models import Classifier


def test_the_first_images_in_order_whatever_the_batch():
    x = torch.arange(10, dtype=torch.uint8)[:, None, None, None].expand(10, 1, 2, 2).contiguous()
    split = Split(x, torch.arange(10), "ten")
    model = Classifier(nn.Sequential(nn.Flatten(), nn.Dropout(0.5)), nn.Linear(4, 10)).train()
    z, y = features_of(model, split, 7, batch=3)
    assert (z * 255).round().tolist() == [[i] * 4 for i in range(7)] and y.tolist() == list(range(7))
    assert model.training and not z.requires_grad
    z, y = features_of(model, split, 99)
    assert len(z) == len(y) == 10
