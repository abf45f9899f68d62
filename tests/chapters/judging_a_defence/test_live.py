"""What the notebook computes on the spot, on networks of which it can be worked out by hand."""

import pytest
import torch
from chapters.ten_images import network, subject
from torch import nn

from robustlib.chapters.judging_a_defence import live


def test_loss_and_slope_on_a_straight_way():
    """Logits (0, 4 x): the loss of class 0 is log(1 + exp(4 x)), and its slope 4 sigmoid(4 x) times the way, 0.5."""
    linear = nn.Sequential(nn.Flatten(), nn.Linear(1, 2, bias=False))
    linear[1].weight.data = torch.tensor([[0.0], [4.0]])
    x, y = torch.full((1, 1, 1, 1), 0.25), torch.tensor([0])
    loss, slope = live.way(linear, x, y, torch.full_like(x, 0.5), points=3)
    at = 4 * torch.tensor([0.25, 0.5, 0.75])
    torch.testing.assert_close(torch.tensor(loss), at.exp().log1p())
    torch.testing.assert_close(torch.tensor(slope), 2 * at.sigmoid())
    assert linear[1].weight.grad is None


@pytest.mark.parametrize(("images", "points"), [(2, 3), (1, 1)])
def test_a_way_needs_one_image_and_two_points(images, points):
    x = torch.zeros(images, 1, 2, 2)
    with pytest.raises(ValueError, match="one image"):
        live.way(network(), x, torch.zeros(images, dtype=torch.long), x, points)


def test_a_card_of_ones_choice(tmp_path):
    """At 0.3 four of ten stand; steps of 2/255 get 0.078 far, and leave six."""
    data = subject(tmp_path).dataset.test[:10]
    said = dict(live.judged(network(), data, "undefended", "PGD on the margin", 20).rows)
    assert said["accuracy, clean"] == "90 %" and said["accuracy under PGD on the margin"] == "40 %"
    short = dict(live.judged(network(), data, "undefended", "PGD, steps of 2/255", 10).rows)
    assert short["accuracy under PGD, steps of 2/255"] == "60 %" and short["the card"] == "fails"
    assert "reach" in short["convicted by"] and "cover 0.07843" in short["reach"]
    masked = dict(live.judged(network(), data, "quantised input", "FGSM", 1).rows)
    assert masked["accuracy under FGSM"] == "90 %" and masked["accuracy under BPDA, identity"] == "40 %"
    assert "unavailable gradients" in masked["convicted by"]
    with pytest.raises(KeyError):
        live.judged(network(), data, "undefended", "no such attack", 1)
