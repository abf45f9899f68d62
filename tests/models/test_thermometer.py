"""Thermometer codes of pixels that can be worked out by hand, and the networks that read them."""

import pytest
import torch
from torch import nn

from robustlib.models import (
    Classifier,
    Normalize,
    SigmoidThermometer,
    SoftThermometer,
    Thermometer,
    lenet5,
    resnet,
    tramer_d,
    with_thermometer,
)

PIXELS = torch.tensor([0.0, 0.24, 0.25, 0.6, 0.75, 1.0])
CODES = [[1, 0, 0, 0], [1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1], [1, 1, 1, 1]]


def test_codes_by_hand():
    code = Thermometer(4)(PIXELS.reshape(-1, 1, 1, 1))
    assert code.shape == (6, 4, 1, 1) and code.flatten(1).tolist() == CODES


def test_the_bits_of_a_channel_lie_side_by_side():
    x = torch.tensor([0.0, 1.0, 0.6]).reshape(1, 3, 1, 1)
    assert Thermometer(2)(x).flatten().tolist() == [1, 0, 1, 1, 1, 1]
    x = torch.rand(2, 3, 5, 4, generator=torch.Generator().manual_seed(0))
    code = Thermometer(8)(x)
    assert code.shape == (2, 24, 5, 4)
    assert torch.equal(code.unflatten(1, (3, 8)).sum(2) - 1, (8 * x).floor())


def test_every_byte_has_the_level_that_whole_numbers_say():
    byte = torch.arange(256)
    code = Thermometer(16)((byte / 255).reshape(-1, 1, 1, 1))
    assert torch.equal(code.flatten(1).sum(1).long() - 1, (byte * 16 // 255).clamp(max=15))


def test_the_gradient_exists_and_is_exactly_zero():
    x = PIXELS.reshape(-1, 1, 1, 1).requires_grad_(True)
    (g,) = torch.autograd.grad((Thermometer(4)(x) * torch.arange(1.0, 5.0).reshape(4, 1, 1)).sum(), x)
    assert torch.equal(g, torch.zeros_like(g))


def test_the_soft_code_is_the_code_at_the_lower_edges_and_rises_in_between():
    edges = (torch.arange(4) / 4).reshape(-1, 1, 1, 1)
    assert torch.equal(SoftThermometer(4)(edges), Thermometer(4)(edges))
    x = torch.tensor(0.375).reshape(1, 1, 1, 1).requires_grad_(True)
    soft = SoftThermometer(4)(x)
    assert soft.flatten().tolist() == [1, 1, 0.5, 0]
    slopes = [torch.autograd.grad(bit, x, retain_graph=True)[0].item() for bit in soft.flatten()]
    assert slopes == [0, 0, 4, 0]


def test_the_sigmoid_has_a_slope_at_the_edges_and_in_the_last_cell_too():
    soft = SigmoidThermometer(4, slope=20.0)
    assert soft(torch.full((1, 1, 1, 1), 0.5)).flatten().tolist() == pytest.approx(
        [0.9999546, 0.9933071, 0.5, 0.0066929], abs=1e-6
    )
    for pixel in (0.0, 0.5, 1.0):
        x = torch.full((1, 1, 1, 1), pixel, requires_grad=True)
        slopes = torch.stack([torch.autograd.grad(bit, x, retain_graph=True)[0].squeeze() for bit in soft(x).flatten()])
        assert (slopes[1:] > 0).all() and slopes.argmax() == min(4 * pixel, 3)
    images = torch.rand(2, 3, 2, 2)
    assert soft(images).shape == Thermometer(4)(images).shape
    assert torch.equal(soft(images) >= 0.5, Thermometer(4)(images) == 1), "rounded it is the code, plane by plane"


@pytest.mark.parametrize(
    ("base", "shape"), [(lenet5(), (1, 28, 28)), (resnet(8), (3, 32, 32)), (tramer_d(), (1, 28, 28))]
)
def test_a_network_reads_codes_with_a_first_layer_of_its_own(base, shape):
    before = {name: value.clone() for name, value in base.state_dict().items()}
    model = with_thermometer(base, 5).eval()
    assert isinstance(model.body[0], Thermometer) and model.body[0].levels == 5
    assert not any(isinstance(module, Normalize) for module in model.modules())
    first, old = (next(m for m in net.modules() if isinstance(m, nn.Conv2d | nn.Linear)) for net in (model, base))
    assert first.weight.shape[1] == 5 * old.weight.shape[1] and first.weight.shape[0] == old.weight.shape[0]
    assert (first.bias is None) == (old.bias is None)
    x = torch.rand(3, *shape)
    assert model(x).shape == (3, 10) and model.features(x).shape == base.eval().features(x).shape
    moved = (((5 * x).floor().clamp(max=4) + 0.5) / 5).clamp(0, 1)
    assert torch.equal(model(moved), model(x)), "what lies in the same cells is the same image to it"
    assert not torch.equal(model(1 - x), model(x))
    assert all(torch.equal(value, before[name]) for name, value in base.state_dict().items())
    with torch.no_grad():
        model.head.weight.zero_()
    assert base.head.weight.any(), "the copy shares no weight"


@pytest.mark.bad_input
def test_one_level_is_no_thermometer():
    for make in (Thermometer, SoftThermometer, SigmoidThermometer, lambda levels: with_thermometer(lenet5(), levels)):
        for levels in (1, 0, -3):
            with pytest.raises(ValueError, match=f"levels >= 2, got {levels}"):
                make(levels)


@pytest.mark.bad_input
def test_a_sigmoid_without_a_slope_is_refused():
    for slope in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="slope > 0"):
            SigmoidThermometer(4, slope)


@pytest.mark.bad_input
def test_a_body_that_cannot_read_codes_is_named():
    for body in (nn.Flatten(), nn.Sequential(nn.Conv2d(2, 2, 3, groups=2), nn.Flatten())):
        with pytest.raises(ValueError, match="no convolution"):
            with_thermometer(Classifier(body, nn.Linear(4, 2)))
