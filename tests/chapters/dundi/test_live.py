"""What the page of the chapter computes on the spot."""

import pytest
import torch

from robustlib.chapters.dundi.live import attacked_table, travelled, walk
from robustlib.datasets import load
from robustlib.experiments.features import features_of
from robustlib.losses import margin
from robustlib.models import Classifier, NearestOracles, distance_network, draw_oracles, lenet1


def test_a_walk_and_what_it_takes():
    few = load("mnist_5k")
    train, test = few.train.subset(slice(300)), few.test.subset(slice(8))
    torch.manual_seed(0)
    net = distance_network(lenet1()).eval()
    z, y = features_of(net, train, 300)
    model = Classifier(net.body, NearestOracles(*draw_oracles(z, y, 5, 0), 10))
    x, label = test[:1]
    steps = walk(model, x, label, eps=0.2, steps=3)
    assert len(steps.images) == len(steps.texts) == 4 and torch.equal(steps.images[0], x[0])
    assert (steps.images - x).abs().max() <= 0.2 + 1e-6
    gaps = margin(model(steps.images), label.repeat(4))
    assert gaps[-1] > gaps[0]
    assert all(("read right" in text) == (gap <= 0) for text, gap in zip(steps.texts, gaps, strict=True))
    with pytest.raises(ValueError, match="needs one image"):
        walk(model, *test[:2], eps=0.2)
    table = travelled({"it": model}, *test[:], eps=0.2, steps=5)
    assert table["it", "taken by PGD, %"].ours > max(0, table["it", "taken by noise, %"].ours)
    clean, noise, climbed = attacked_table(net.body, z, y, test[:], 5, 0.3).cells
    assert clean.row == "5 oracles, eps 0.3" and climbed.ours <= min(clean.ours, noise.ours)
