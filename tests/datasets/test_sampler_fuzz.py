"""Odd splits to everything that draws batches: what the sampler says of itself, or a sentence."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from fuzzing import outcome
from hypothesis import given, settings
from hypothesis import strategies as st

from robustlib import datasets
from robustlib.datasets import (
    Augment,
    Balanced,
    Batches,
    Crafted,
    CraftedSplit,
    FeatureSplit,
    Pairs,
    SiamesePairs,
    Split,
    Triplets,
)

pytestmark = pytest.mark.bad_input
SAMPLERS: dict[str, Callable[[int], Any]] = {
    "Batches": lambda size: Batches(size),
    "Balanced": lambda size: Balanced(per_class=size),
    "Pairs": lambda size: Pairs(size, 0.5),
    "SiamesePairs": lambda size: SiamesePairs(size),
    "Triplets": lambda size: Triplets(size),
}
NO_SAMPLER = {"Augment", "Crafted", "CraftedSplit", "Dataset", "FeatureSplit", "Loader", "Split"}


def test_every_sampler_has_a_recipe():
    classes = {name for name, value in vars(datasets).items() if isinstance(value, type)}
    assert classes == set(SAMPLERS) | NO_SAMPLER


@pytest.mark.parametrize("name", SAMPLERS)
@settings(max_examples=50)
@given(st.data())
def test_samplers_and_their_loaders(name, data):
    n, size = data.draw(st.integers(0, 12)), data.draw(st.integers(-1, 5))
    kind = data.draw(st.sampled_from([torch.uint8] * 5 + [torch.float32, torch.int64]))
    x = (torch.arange(n) * 7 % 256).to(kind).reshape(n, 1, 1, 1).expand(n, data.draw(st.integers(0, 2)), 2, 3)
    low, high = data.draw(st.sampled_from([(0, 0), (0, 1), (0, 3), (5, 7), (-1, 1)]))
    y = torch.randint(low, high + 1, (n,), generator=torch.Generator().manual_seed(n))
    y = data.draw(st.sampled_from([y] * 5 + [y.float(), y[:, None], y[: n // 2]]))
    loader = outcome(lambda: SAMPLERS[name](size)(Split(x, y, "toy")))
    if loader is None:
        return
    fits = kind == torch.uint8 and y.dtype == torch.int64 and y.shape == (n,) and size >= 1
    assert fits and (n == 0 or y.min() >= 0)
    passed = list(loader)
    assert len(passed) == len(loader)
    for images, labels, *rest in passed:
        assert images.dtype == torch.float32 and len(images) == len(rest[1] if name == "Triplets" else labels)
        assert images.numel() == 0 or (images.min() >= 0 and images.max() <= 1)
    if name == "Batches":
        assert sorted(torch.cat([labels for _, labels in passed] or [y[:0]]).tolist()) == sorted(y.tolist())
    for batch in passed if name == "Pairs" else ():
        _, y1, _, y2 = batch
        assert (y1 == y2).sum() == round(0.5 * len(y1))
    for batch in passed if name == "Triplets" else ():
        assert (batch[3] != batch[4]).all()
    for _, labels in passed if name == "Balanced" else ():
        assert set(labels.bincount()[labels.unique()].tolist()) == {size}


@settings(max_examples=40)
@given(st.integers(0, 3), st.integers(1, 5), st.integers(1, 5), st.integers(0, 3), st.booleans())
def test_augmentation_moves_pixels_and_makes_none(n, h, w, padding, flip):
    x = torch.rand(n, 2, h, w) + 0.1
    found = Augment(padding, flip)(x)
    assert found.shape == x.shape
    for image, old in zip(found, x, strict=True):
        assert set(image.flatten().tolist()) <= set(old.flatten().tolist()) | {0.0}


@settings(max_examples=30)
@given(st.integers(0, 4), st.integers(0, 3), st.sampled_from([0.5, math.nan, math.inf, -7.0]), st.booleans())
def test_stored_features(n, d, value, wide):
    z = torch.full((n, d, 1, 2 if wide else 1), value)
    split = outcome(lambda: FeatureSplit(z, torch.zeros(n, dtype=torch.int64), "toy"))
    assert (split is None) == (wide or (not math.isfinite(value) and z.numel() > 0))
    assert split is None or torch.equal(split[:][0], z)


@settings(max_examples=60)
@given(st.data())
def test_crafted_batches(data):
    """`Crafted` takes a split with adversarial sets, and nothing else."""
    n, size = data.draw(st.integers(0, 9)), data.draw(st.integers(-1, 5))
    x = torch.randint(256, (n, 1, 2, 3), generator=torch.Generator().manual_seed(n), dtype=torch.uint8)
    y = torch.arange(n) % 3
    assert outcome(lambda: Crafted(2)(Split(x, y, "plain"))) is None
    lengths = data.draw(st.lists(st.integers(0, 10), max_size=3))
    kind = data.draw(st.sampled_from([torch.float32] * 5 + [torch.float64, torch.uint8]))
    value = data.draw(st.sampled_from([0.5] * 5 + [math.nan, 2.0]))
    sets = {f"a{i}": torch.full((m, 1, 2, 3), value + 0.1 * i).to(kind) for i, m in enumerate(lengths)}
    split = outcome(lambda: CraftedSplit(x, y, "toy", sets))
    if split is None:
        odd = not lengths or min(lengths) < 1 or max(lengths) > n
        assert odd or kind != torch.float32 or not value + 0.1 * (len(lengths) - 1) <= 1
        return
    loader = outcome(lambda: Crafted(size)(split))
    assert (loader is None) == (size < 1)
    passed = list(loader or [])
    assert len(passed) == (len(loader) if loader else 0)
    assert sum(len(labels) for _, labels, _ in passed) == (max(lengths) if loader else 0)
    assert all(images.shape == attacked.shape for images, _, attacked in passed)
