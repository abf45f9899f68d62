"""The pieces that a body is built of: residual block, normalisation, stop-gradient, reversed logits."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from robustlib.models import Classifier, Negate, Normalize, StopGradient, lenet1, resnet
from robustlib.models.resnet import Block


@pytest.mark.parametrize("slope", [0.0, 0.1])
def test_slope_is_the_activations_everywhere(slope):
    model = resnet(8, slope=slope)
    first = [m for m in model.body if isinstance(m, nn.LeakyReLU)]
    blocks = [m for m in model.body if isinstance(m, Block)]
    assert [m.negative_slope for m in first] == [slope] and [b.slope for b in blocks] == [slope] * 3


@pytest.mark.parametrize(("inside", "outside", "stride"), [(4, 4, 1), (4, 8, 2)])
@pytest.mark.parametrize("slope", [0.0, 0.1])
def test_block_by_hand_with_a_shortcut_that_pads_with_zeros(inside, outside, stride, slope):
    torch.manual_seed(0)
    block = Block(inside, outside, stride, slope).eval()
    x = torch.randn(2, inside, 6, 6)
    shortcut = torch.zeros(2, outside, 6 // stride, 6 // stride)
    shortcut[:, :inside] = x[:, :, ::stride, ::stride]
    inner = F.leaky_relu(block.norm1(block.conv1(x)), slope)
    torch.testing.assert_close(block(x), F.leaky_relu(block.norm2(block.conv2(inner)) + shortcut, slope))
    nn.init.zeros_(block.norm2.weight)
    torch.testing.assert_close(block(x), F.leaky_relu(shortcut, slope))
    assert sum(p.numel() for p in block.parameters()) == 9 * outside * (inside + outside) + 4 * outside


def test_normalize_is_per_channel_moves_and_is_saved():
    layer = Normalize((0.5, 0.25), (0.5, 2.0))
    x = torch.rand(2, 2, 3, 3)
    expected = torch.stack([(x[:, 0] - 0.5) / 0.5, (x[:, 1] - 0.25) / 2], 1)
    torch.testing.assert_close(layer(x), expected)
    assert set(layer.state_dict()) == {"mean", "std"} and not list(layer.parameters())
    assert layer.double()(x.double()).dtype == torch.float64
    assert layer.to("meta").mean.device.type == "meta"


@pytest.mark.parametrize("pair", [((0.5,), (0.5, 0.5)), ((0.5,), (0.0,)), ((0.5,), (-1.0,)), ((0.5,), (float("nan"),))])
def test_normalize_needs_positive_stds(pair):
    with pytest.raises(ValueError, match="as many positive stds as means"):
        Normalize(*pair)


def test_stop_gradient_passes_values_and_a_gradient_of_exactly_zero():
    z = torch.randn(3, 4, requires_grad=True)
    out = StopGradient()(z)
    assert torch.equal(out, z)
    (g,) = torch.autograd.grad(out.square().sum(), z)
    assert torch.equal(g, torch.zeros(3, 4))


def test_stop_gradient_between_body_and_head_hides_the_body_only():
    model = lenet1()
    model = Classifier(nn.Sequential(model.body, StopGradient()), model.head)
    model(torch.rand(2, 1, 28, 28)).square().sum().backward()
    assert all(p.grad is None or not p.grad.any() for p in model.body.parameters())
    assert model.head.weight.grad.any()


def test_negate_reverses_the_ranking():
    logits = torch.tensor([[1.0, -2.0, 3.0]])
    assert torch.equal(Negate()(logits), torch.tensor([[-1.0, 2.0, -3.0]]))
