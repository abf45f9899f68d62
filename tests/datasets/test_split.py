"""Splits: what an index gives, what is refused, and that the hash tells contents apart."""

import math
from dataclasses import replace

import pytest
import torch

from robustlib.datasets import Split, load
from robustlib.datasets.split import channel_statistics


def toy(n: int = 12, k: int = 3, channels: int = 2) -> Split:
    """Image i is full of the value i; labels go 0, 1, 2, 0, 1, 2, ..."""
    x = torch.arange(n, dtype=torch.uint8)[:, None, None, None].expand(n, channels, 4, 5).contiguous()
    return Split(x, torch.arange(n) % k, "toy")


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (slice(2, 5), [2, 3, 4]),
        (slice(None, None, 5), [0, 5, 10]),
        (torch.tensor([7, 1, 7]), [7, 1, 7]),
        (torch.tensor([-1, 0]), [11, 0]),
        ([3, -2], [3, 10]),
        ([], []),
        (torch.arange(12) > 9, [10, 11]),
        (4, [4]),
        (-1, [11]),
    ],
)
def test_an_index_gives_float_images_in_the_unit_interval_and_their_labels(index, expected):
    x, y = toy()[index]
    assert x.dtype == torch.float32 and y.dtype == torch.int64
    assert x.shape == (len(expected), 2, 4, 5)
    assert (x[:, 0, 0, 0] * 255).round().tolist() == expected
    assert y.tolist() == [i % 3 for i in expected]


def test_pixels_are_the_nearest_floats_to_value_over_255():
    values = torch.arange(256, dtype=torch.uint8)[:, None, None, None]
    x, _ = Split(values, torch.zeros(256, dtype=torch.int64), "ramp")[:]
    assert torch.equal(x.flatten(), (torch.arange(256, dtype=torch.float64) / 255).float())


def test_reading_leaves_the_stored_images_alone():
    split = toy()
    x, _ = split[:]
    x.zero_()
    assert split.x[5, 0, 0, 0] == 5


def test_a_subset_is_a_split():
    part = toy().subset(torch.tensor([5, 2]), "toy/part")
    assert part.x.dtype == torch.uint8 and part.name == "toy/part"
    assert part.x[:, 0, 0, 0].tolist() == [5, 2] and part.y.tolist() == [2, 2]


def test_per_class_takes_the_first_of_each_class_after_the_offset_in_stored_order():
    assert toy().per_class(2).x[:, 0, 0, 0].tolist() == [0, 1, 2, 3, 4, 5]
    assert toy().per_class(1, offset=2).x[:, 0, 0, 0].tolist() == [6, 7, 8]
    lumpy = Split(toy().x, torch.tensor([1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0]), "lumpy")
    assert lumpy.per_class(2, offset=1).x[:, 0, 0, 0].tolist() == [1, 2, 7, 8]


@pytest.mark.parametrize(
    ("count", "offset", "says"), [(3, 2, "class 0 has 4"), (0, 0, "count >= 1"), (1, -1, "offset")]
)
def test_per_class_says_what_is_too_much(count, offset, says):
    with pytest.raises(ValueError, match=says):
        toy().per_class(count, offset)


def test_a_number_beyond_the_end_is_an_index_error():
    with pytest.raises(IndexError, match="toy: no image 12; there are 12"):
        toy()[12]


def test_the_hash_sees_pixels_labels_order_and_shape_but_not_the_name():
    split = toy()
    x, y = split.x.clone(), split.y.clone()
    x[3, 1, 2, 2] += 1
    y[0] = 1
    flat = split.x.reshape(12, 2, 5, 4)
    others = [
        Split(x, split.y, "toy"),
        Split(split.x, y, "toy"),
        split.subset(slice(None, 11)),
        Split(flat, split.y, "t"),
    ]
    others.append(split.subset(torch.arange(11, -1, -1)))
    assert len({split.sha256, *(other.sha256 for other in others)}) == 6
    assert Split(split.x.clone(), split.y.clone(), "another name").sha256 == split.sha256


def test_channel_statistics_are_those_of_the_floats():
    x = torch.randint(256, (50, 3, 7, 6), dtype=torch.uint8)
    mean, std = channel_statistics(x)
    values = x.double() / 255
    assert mean == pytest.approx(values.mean((0, 2, 3)).tolist(), rel=1e-12)
    assert std == pytest.approx(values.std((0, 2, 3), correction=0).tolist(), rel=1e-12)


def test_a_dataset_moves_as_a_whole_and_keeps_its_hash():
    digits = load("mnist_5k")
    moved = digits.to("meta")
    assert {part.x.device.type for part in (moved.train, moved.validation, moved.test)} == {"meta"}
    assert moved.classes == digits.classes and math.isclose(moved.mean[0], digits.mean[0])


def test_the_first_half_of_validation_serves_choices_and_the_second_thresholds():
    digits = replace(load("mnist_5k"), name="ten", train=toy(3), validation=toy(10), test=toy(4))
    assert [digits.choices.x[i, 0, 0, 0] for i in range(5)] == [0, 1, 2, 3, 4]
    assert [digits.thresholds.x[i, 0, 0, 0] for i in range(5)] == [5, 6, 7, 8, 9]
    assert (digits.choices.name, digits.thresholds.name) == ("ten/choices", "ten/thresholds")
    odd = replace(digits, validation=toy(11))
    assert (len(odd.choices), len(odd.thresholds)) == (5, 6) and odd.thresholds.x[0, 0, 0, 0] == 5


@pytest.mark.gpu
def test_a_split_on_the_gpu_gives_the_same_images_and_hash():
    digits = load("mnist_5k").test
    there = digits.to("cuda")
    x, y = there[torch.tensor([3, -1, 3])]
    assert x.device.type == "cuda" and there.sha256 == digits.sha256
    assert torch.equal(x.cpu(), digits[torch.tensor([3, -1, 3])][0]) and y.tolist() == [3, 9, 3]


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("x", "y", "says"),
    [
        (torch.rand(3, 1, 4, 4), torch.zeros(3, dtype=torch.int64), "must be uint8 .* got torch.float32"),
        (
            torch.zeros(3, 4, 4, dtype=torch.uint8),
            torch.zeros(3, dtype=torch.int64),
            r"\(n, c, h, w\), got .*\(3, 4, 4\)",
        ),
        (
            torch.zeros(3, 1, 4, 4, dtype=torch.uint8),
            torch.zeros(2, dtype=torch.int64),
            r"y must be int64 \(3,\).*\(2,\)",
        ),
        (torch.zeros(3, 1, 4, 4, dtype=torch.uint8), torch.zeros(3), "y must be int64 .* torch.float32"),
    ],
)
def test_a_split_refuses_other_tensors(x, y, says):
    with pytest.raises(ValueError, match=says):
        Split(x, y, "odd")


@pytest.mark.bad_input
def test_a_split_refuses_fractions_as_an_index():
    with pytest.raises(TypeError, match="whole numbers or a mask"):
        toy()[torch.tensor([0.5])]
