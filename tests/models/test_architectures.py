"""The architectures: parameter counts by arithmetic, shapes."""

import pytest
import torch
from torch import nn

from robustlib.models import (
    convnet,
    lenet1,
    lenet4,
    lenet5,
    resnet,
    samangouei_a,
    samangouei_c,
    samangouei_d,
    small_lenet,
    tramer_a,
    tramer_b,
    tramer_c,
    tramer_d,
    vgg16,
)


def count(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


def conv(inside, outside, size):
    return inside * outside * size**2 + outside


def dense(inside, outside):
    return inside * outside + outside


def resnet_count(depth, width=16, channels=3, classes=10):
    """By arithmetic: convolutions without bias, two batch-norm numbers per filter, shortcuts without weights."""
    total, inside = 9 * channels * width + 2 * width, width
    for stage in range(3):
        for _ in range((depth - 2) // 6):
            outside = width * 2**stage
            total += 9 * inside * outside + 9 * outside**2 + 4 * outside
            inside = outside
    return total + dense(inside, classes)


def vgg_count(width=1.0):
    total, inside = 0, 3
    for filters in (64, 64, 128, 128, 256, 256, 256, *[512] * 6):
        outside = round(filters * width)
        total += 9 * inside * outside + 2 * outside
        inside = outside
    return total + dense(inside, inside) + dense(inside, 10)


LENET1 = conv(1, 4, 5) + conv(4, 12, 5) + dense(588, 10)  # DeepXplore, Keras: 7206
LENET4 = conv(1, 6, 5) + conv(6, 16, 5) + dense(784, 84) + dense(84, 10)  # 69362
LENET5 = conv(1, 6, 5) + conv(6, 16, 5) + dense(784, 120) + dense(120, 84) + dense(84, 10)  # 107786
SMALL = conv(1, 6, 5) + conv(6, 16, 5) + dense(400, 48) + dense(48, 10)
MUSTAFA = sum(conv(*c, 5) for c in [(1, 32), (32, 32), (32, 64), (64, 64), (64, 64), (64, 64)])

# Tramèr's networks layer by layer: sides 28, 24, 20; 28, 14, 5, 1; 28, 26, 24.
TRAMER_A = conv(1, 64, 5) + conv(64, 64, 5) + dense(64 * 400, 128) + dense(128, 10)
TRAMER_B = conv(1, 64, 8) + conv(64, 128, 6) + conv(128, 128, 5) + dense(128, 10)
TRAMER_C = conv(1, 128, 3) + conv(128, 64, 3) + dense(64 * 576, 128) + dense(128, 10)
TRAMER_D = dense(784, 300) + 3 * dense(300, 300) + dense(300, 10)

# Table 15 of AT2L's supplement: sides 28, 12; 28, 13.
SAMANGOUEI_A = conv(1, 64, 5) + conv(64, 64, 5) + dense(64 * 144, 128) + dense(128, 10)
SAMANGOUEI_C = conv(1, 128, 3) + conv(128, 64, 3) + dense(64 * 169, 128) + dense(128, 10)
SAMANGOUEI_D = dense(784, 200) + dense(200, 200) + dense(200, 10)

CASES = {
    "lenet1": (lenet1, LENET1, 1, 588),
    "lenet4": (lenet4, LENET4, 1, 84),
    "lenet5": (lenet5, LENET5, 1, 84),
    "lenet5-embedding": (lambda: lenet5(embedding=7), LENET5 - dense(84, 10) + dense(84, 7) + dense(7, 10), 1, 7),
    "lenet1-classes": (lambda: lenet1(3), LENET1 - dense(588, 10) + dense(588, 3), 1, 588),
    "small-lenet": (small_lenet, SMALL, 1, 48),
    "small-lenet-classes": (lambda: small_lenet(3), SMALL - 7 * 49, 1, 48),
    "convnet": (convnet, MUSTAFA + dense(576, 512) + dense(512, 64) + dense(64, 10), 1, 64),
    "convnet-2": (lambda: convnet(embedding=2, filters=(4, 4, 8)), None, 1, 2),
    "resnet8": (lambda: resnet(8), resnet_count(8), 3, 64),
    "resnet20": (lambda: resnet(20), 269_722, 3, 64),
    "resnet32": (lambda: resnet(32), 464_154, 3, 64),
    "resnet56": (lambda: resnet(56), 853_018, 3, 64),
    "resnet8-grey": (lambda: resnet(8, channels=1, width=4, classes=5), resnet_count(8, 4, 1, 5), 1, 16),
    "tramer-a": (tramer_a, TRAMER_A, 1, 128),
    "tramer-a-quarter": (
        lambda: tramer_a(width=0.25),
        conv(1, 16, 5) + conv(16, 16, 5) + dense(16 * 400, 32) + dense(32, 10),
        1,
        32,
    ),
    "tramer-b": (tramer_b, TRAMER_B, 1, 128),
    "tramer-c": (tramer_c, TRAMER_C, 1, 128),
    "tramer-c-quarter": (
        lambda: tramer_c(width=0.25),
        conv(1, 32, 3) + conv(32, 16, 3) + dense(16 * 576, 32) + dense(32, 10),
        1,
        32,
    ),
    "tramer-d": (tramer_d, TRAMER_D, 1, 300),
    "tramer-d-three": (lambda: tramer_d(depth=3), TRAMER_D - dense(300, 300), 1, 300),
    "samangouei-a": (samangouei_a, SAMANGOUEI_A, 1, 128),
    "samangouei-c": (samangouei_c, SAMANGOUEI_C, 1, 128),
    "samangouei-d": (samangouei_d, SAMANGOUEI_D, 1, 200),
    "samangouei-d-quarter": (lambda: samangouei_d(width=0.25), dense(784, 50) + dense(50, 50) + dense(50, 10), 1, 50),
    "vgg16": (lambda: vgg16(), vgg_count(), 3, 512),
    "vgg16-quarter": (lambda: vgg16(width=0.25, dropout=0.3), vgg_count(0.25), 3, 128),
}


@pytest.mark.parametrize("name", CASES)
def test_counts_shapes_and_the_head_reads_the_features(name):
    make, parameters, channels, width = CASES[name]
    torch.manual_seed(0)
    model = make().eval()
    assert parameters is None or count(model) == parameters
    x = torch.rand(2, channels, *([28, 28] if channels == 1 else [32, 32]))
    with torch.no_grad():
        z, logits = model.features(x), model(x)
    assert z.shape == (2, width) and logits.shape == (2, model.head.out_features)
    assert torch.equal(model.head(z), logits)
    assert torch.isfinite(logits).all() and not torch.equal(logits[0], logits[1])


def test_known_counts():
    assert (LENET1, LENET4, LENET5, SMALL) == (7206, 69_362, 107_786, 22_310)
    assert [resnet_count(d) for d in (20, 32, 56)] == [
        269_722,
        464_154,
        853_018,
    ]  # He et al., table 6: 0.27, 0.46, 0.85 M
    assert round(vgg_count() / 1e6, 1) == 15.0


@pytest.mark.parametrize(
    ("make", "rates"),
    [
        *[(tramer_a, [0.25, 0.5]), (tramer_b, [0.2, 0.5]), (tramer_c, [0.25, 0.5]), (tramer_d, [0.5] * 4)],
        *[(samangouei_a, [0.25, 0.5]), (samangouei_c, [0.25, 0.5]), (samangouei_d, [0.5] * 2)],
    ],
)
def test_dropout_of_the_digit_networks_is_as_published_and_silent_under_attack(make, rates):
    model = make(width=0.1)
    assert [m.p for m in model.modules() if isinstance(m, nn.Dropout)] == rates
    x = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    assert not torch.equal(model.train()(x), model(x)) and torch.equal(model.eval()(x), model(x))
    torch.testing.assert_close(model.body[0](x), x)  # no normalisation


def test_tramers_networks_are_known_by_their_sizes():
    assert (TRAMER_A, TRAMER_B, TRAMER_C, TRAMER_D) == (3_382_346, 710_218, 4_795_082, 509_410)


@pytest.mark.parametrize("make", [tramer_a, tramer_b, tramer_c, tramer_d, samangouei_a, samangouei_c, samangouei_d])
@pytest.mark.parametrize("width", [0.0, -1.0, 1.5, float("nan")])
def test_widths_of_tramers_networks(make, width):
    with pytest.raises(ValueError, match=r"must lie in \(0, 1\], got"):
        make(width=width)
    with pytest.raises(ValueError, match="depth >= 1 dense layers, got 0"):
        tramer_d(depth=0)


def test_model_d_starts_from_hes_numbers():
    torch.manual_seed(0)
    weight = tramer_d().body[5].weight
    assert weight.std().item() == pytest.approx((2 / 300) ** 0.5, rel=0.02) and not tramer_d().body[5].bias.any()


@pytest.mark.parametrize("depth", [0, 2, 7, 18, 33])
def test_resnet_depths(depth):
    with pytest.raises(ValueError, match=f"depth must be 6n \\+ 2.*got {depth}"):
        resnet(depth)


@pytest.mark.parametrize("depth", [8, 56])
def test_resnet_with_leaky_activations(depth):
    """MadNet's: the slope is the only difference, the default stays ReLU, and a gradient's gradient is had."""
    torch.manual_seed(0)
    plain, leaky = (resnet(depth, channels=1, width=4, slope=slope).eval() for slope in (0.0, 0.1))
    leaky.load_state_dict(plain.state_dict())
    x = torch.rand(2, 1, 14, 14, requires_grad=True)
    default = resnet(depth, channels=1, width=4).eval()
    default.load_state_dict(plain.state_dict())
    assert torch.equal(default(x), plain(x))
    assert not torch.equal(plain(x), leaky(x))
    slopes = [m.slope if hasattr(m, "slope") else m.negative_slope for m in leaky.modules()
              if hasattr(m, "slope") or hasattr(m, "negative_slope")]  # fmt: skip
    assert slopes == [0.1] * (1 + (depth - 2) // 2)
    (g,) = torch.autograd.grad(leaky(x).sum(), x, create_graph=True)
    g.square().sum().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in leaky.parameters())
    assert leaky.body[1].weight.grad.any()


def test_resnet_and_vgg_refuse_what_they_do_not_have():
    with pytest.raises(ValueError, match="channels must be 1 or 3, got 2"):
        resnet(8, channels=2)
    for fields in ({"width": 0.0}, {"width": 1.5}, {"dropout": 1.0}, {"dropout": -0.1}):
        with pytest.raises(ValueError, match="0 < width <= 1 and 0 <= dropout < 1"):
            vgg16(**fields)
