"""The gradient check on models whose answer is known, and tables as text."""

import torch
from torch import nn

from robustlib.evaluation import Cell, Table, TextTable, zero_gradient_share
from robustlib.losses import margin
from robustlib.models import Classifier, StopGradient, lenet1


def test_a_detached_head_hides_every_gradient_and_an_ordinary_one_none():
    torch.manual_seed(0)
    model, x, y = lenet1().train(), torch.rand(20, 1, 28, 28), torch.arange(20) % 10
    detached = Classifier(model.body, nn.Sequential(StopGradient(), model.head))
    assert zero_gradient_share(model, x, y) == 0.0
    assert zero_gradient_share(detached, x, y) == 1.0
    assert model.training and all(p.grad is None for p in model.parameters())


def test_the_share_counts_images():
    """Logits saturate where the pixel is bright: there cross-entropy has no gradient at all, the margin has."""

    class Saturated(nn.Module):
        def forward(self, x):
            mean = x.flatten(1).mean(1)
            return torch.stack([1e4 * mean, 0 * mean], 1)

    x = torch.tensor([1.0, 1.0, 1.0, 1e-4])[:, None, None, None]
    y = torch.zeros(4, dtype=torch.int64)
    assert zero_gradient_share(Saturated(), x, y) == 0.75
    assert zero_gradient_share(Saturated(), x, y, margin) == 0.0


def test_a_gradient_in_one_pixel_of_two_is_a_gradient():
    class FirstPixel(nn.Module):
        def forward(self, x):
            return torch.stack([x[:, 0, 0, 0], 0 * x[:, 0, 0, 0]], 1)

    x, y = torch.full((5, 1, 1, 2), 0.5), torch.zeros(5, dtype=torch.int64)
    assert zero_gradient_share(FirstPixel(), x, y) == 0.0


def test_a_cell_says_what_it_has():
    assert Cell("r", "c").said() == "not run" and Cell("r", "c", n=0).said() == "none"
    assert Cell("r", "c", applies=False).said() == "–"
    assert Cell("r", "c", paper=34.48).said() == "34.48 | not run"
    assert Cell("r", "c", ours=12.34).said() == "12.3"
    assert Cell("r", "c", paper=0.0, ours=12.36, low=10.0, high=14.99).said() == "0 | 12.4 [10.0, 15.0]"


def test_a_table_keeps_the_order_and_aligns():
    cells = (Cell("b row", "FGSM", 1, 2, 1.5, 2.5), Cell("a", "clean", ours=99), Cell("a", "FGSM", 30.5))
    table = Table("Caption.", cells)
    assert table.rows == ["b row", "a"] and table.columns == ["FGSM", "clean"]
    assert table["a", "clean"].ours == 99 and table["b row", "clean"] == Cell("b row", "clean")
    assert str(table).splitlines() == [
        "Caption.",
        "       FGSM                clean",
        "b row  1 | 2.0 [1.5, 2.5]  not run",
        "a      30.5 | not run      99.0",
    ]
    assert str(Table("Nothing.", ())) == "Nothing.\n"


def test_a_table_of_words():
    table = TextTable("Words.", ("block", "paper"), (("1", "Conv x2"), ("22", "D")))
    assert str(table).splitlines() == ["Words.", "block  paper", "1      Conv x2", "22     D"]
