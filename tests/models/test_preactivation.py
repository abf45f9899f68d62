"""Pre-activation networks: counts by arithmetic, the fork, the shortcut, the features, the reversed head."""

import pytest
import torch
from torch.nn import functional as F

from robustlib.models import Negate, preactivation_resnet
from robustlib.models.preactivation import EPSILON, PreactivationBlock


def count(depth, width=16, channels=3, classes=10):
    """Convolutions without bias; two batch-norm numbers for each channel *entering* a convolution, and at the end."""
    total, inside = 9 * channels * width, width
    for stage in range(3):
        for _ in range((depth - 2) // 6):
            outside = width * 2**stage
            total += 2 * inside + 9 * inside * outside + 2 * outside + 9 * outside**2
            inside = outside
    return total + 2 * inside + inside * classes + classes


@pytest.mark.parametrize(
    ("fields", "size", "parameters"),
    [
        ({"depth": 32}, 32, 464_154),
        ({"depth": 56, "channels": 1}, 28, 852_730),
        ({"depth": 8, "width": 3, "classes": 5, "channels": 1}, 28, None),
    ],
    ids=["depth-32", "depth-56-grey", "narrow"],
)
def test_parameters_shapes_and_the_head_reads_the_features(fields, size, parameters):
    torch.manual_seed(0)
    model = preactivation_resnet(**fields).eval()
    found = sum(p.numel() for p in model.parameters())
    assert found == count(**fields) and parameters in (None, found)
    x = torch.rand(2, fields.get("channels", 3), size, size)
    with torch.no_grad():
        z, logits = model.features(x), model(x)
    assert z.shape == (2, 4 * fields.get("width", 16)) and logits.shape == (2, fields.get("classes", 10))
    assert torch.equal(model.head(z), logits) and not torch.equal(logits[0], logits[1])


def silent(block):
    """The block with a residual branch of zero: what is left is its shortcut."""
    with torch.no_grad():
        block.conv2.weight.zero_()
    return block.eval()


def draw(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


@torch.no_grad()
@pytest.mark.parametrize("size", [28, 14, 7], ids=str)
def test_the_shortcut_averages_and_adds_empty_channels_on_both_sides(size):
    x = draw(2, 4, size, size)
    out = silent(PreactivationBlock(4, 10, 2, 0.1, first=False))(x)
    half = (size + 1) // 2
    assert out.shape == (2, 10, half, half)
    assert not out[:, :3].any() and not out[:, 7:].any()
    for i in range(half):
        for j in range(half):
            window = x[:, :, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]  # at an odd edge only what is there
            torch.testing.assert_close(out[:, 3:7, i, j], window.mean((2, 3)))


@torch.no_grad()
def test_an_odd_number_of_empty_channels_leaves_the_larger_part_behind():
    x = draw(1, 2, 4, 4)
    out = silent(PreactivationBlock(2, 5, 1, 0.1, first=False))(x)
    assert torch.equal(out[:, 1:3], x) and not out[:, :1].any() and not out[:, 3:].any()


@torch.no_grad()
def test_only_the_first_block_activates_before_the_fork():
    x = draw(2, 4, 5, 5)
    assert torch.equal(silent(PreactivationBlock(4, 4, 1, 0.1, first=False))(x), x)
    scaled = x / (1 + EPSILON) ** 0.5  # fresh statistics: mean 0, variance 1
    torch.testing.assert_close(silent(PreactivationBlock(4, 4, 1, 0.1, first=True))(x), F.leaky_relu(scaled, 0.1))
    blocks = [m for m in preactivation_resnet(14).modules() if isinstance(m, PreactivationBlock)]
    assert [block.first for block in blocks] == [True, *[False] * 5]
    assert [block.stride for block in blocks] == [1, 1, 2, 1, 2, 1]


@torch.no_grad()
def test_a_block_by_hand():
    torch.manual_seed(0)
    block, x = PreactivationBlock(3, 3, 1, 0.2, first=False).train(), draw(4, 3, 6, 6)

    def active(v):
        """Batch statistics, then the leaky ReLU."""
        mean, var = v.mean((0, 2, 3), keepdim=True), v.var((0, 2, 3), correction=0, keepdim=True)
        v = (v - mean) / (var + EPSILON).sqrt()
        return torch.where(v > 0, v, 0.2 * v)

    inner = F.conv2d(active(x), block.conv1.weight, padding=1)
    expected = x + F.conv2d(active(inner), block.conv2.weight, padding=1)
    torch.testing.assert_close(block(x), expected, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_features_are_means_of_a_leaky_relu():
    """Below 0 they can reach only `slope` times what they reach above; with slope 0 they are not negative."""
    torch.manual_seed(1)
    x = torch.rand(8, 1, 28, 28)
    seen = {}
    for slope in (0.0, 0.1):
        model = preactivation_resnet(8, channels=1, width=4, slope=slope).train()
        before = []
        model.body[-3].register_forward_hook(lambda m, i, o, kept=before: kept.append((i[0], o)))
        seen[slope] = model.features(x)
        ((inside, outside),) = before
        assert (inside < 0).any()
        torch.testing.assert_close(outside, torch.where(inside > 0, inside, slope * inside))
        torch.testing.assert_close(seen[slope], outside.mean((2, 3)))
    assert (seen[0.0] >= 0).all()


@torch.no_grad()
@pytest.mark.parametrize("size", [(28, 28), (15, 15), (7, 9)], ids=str)
def test_odd_sizes(size):
    model = preactivation_resnet(8, channels=1, width=2).eval()
    seen = []
    for module in model.body:
        if isinstance(module, PreactivationBlock):
            module.register_forward_hook(lambda m, i, o: seen.append(tuple(o.shape[2:])))
    assert model(torch.rand(1, 1, *size)).shape == (1, 10)
    halves = [size, tuple((s + 1) // 2 for s in size)]
    assert seen == [*halves, tuple((s + 1) // 2 for s in halves[1])]


@torch.no_grad()
def test_the_reversed_head_negates_and_nothing_else():
    models = []
    for reverse in (False, True):
        torch.manual_seed(3)
        models.append(preactivation_resnet(8, width=2, reverse=reverse).eval())
    x = torch.rand(3, 3, 32, 32)
    plain, reverse = (model(x) for model in models)
    assert torch.equal(reverse, -plain) and plain.any()
    assert isinstance(models[1].head[-1], Negate)
    assert torch.equal(*(model.features(x) for model in models))


def test_weights_start_as_in_the_released_code():
    """Convolutions: normal with variance 2 / (9 * filters)."""
    torch.manual_seed(0)
    model = preactivation_resnet(14)
    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d) and module.in_channels > 3:
            expected = (2 / (9 * module.out_channels)) ** 0.5
            assert module.weight.std().item() == pytest.approx(expected, rel=0.1) and module.bias is None
        if isinstance(module, torch.nn.BatchNorm2d):
            assert module.eps == 1e-3 and module.momentum == 0.1  # a tenth of the new: 0.9 of the old


@torch.no_grad()
def test_pixels_are_moved_to_minus_a_half_and_a_half():
    model = preactivation_resnet(8, channels=1, width=2)
    torch.testing.assert_close(
        model.body[0](torch.tensor([0.0, 0.25, 1.0]).view(1, 1, 1, 3)).flatten().tolist(), [-0.5, -0.25, 0.5]
    )


@pytest.mark.parametrize("depth", [-4, 0, 2, 7, 18, 33])
def test_depths_that_are_not_6n_plus_2(depth):
    with pytest.raises(ValueError, match=f"depth must be 6n \\+ 2.*got {depth}"):
        preactivation_resnet(depth)
