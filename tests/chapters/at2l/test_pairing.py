"""Differences of two networks, image by image and seed by seed, with the numbers that must come out."""

from dataclasses import replace
from math import sqrt

import pytest
import torch

from robustlib.chapters.at2l.pairing import Difference, difference
from robustlib.experiments import Row
from robustlib.experiments.rows import pack


def row(kept: str, seed: int = 0) -> Row:
    """A row of as many images as characters; those that say 1 are kept."""
    bits = torch.tensor([c == "1" for c in kept])
    return Row("accuracy", bits.double().mean().item(), len(bits), bits=pack(bits), seed=seed)


def test_one_seed_is_paired_by_image():
    """Two won and one lost of ten: the rest, on which both agree, adds nothing but n."""
    found = difference([row("1110000000")], [row("1000100000")])
    assert found.value == pytest.approx(0.1) and (found.n, found.count, found.seeds) == (10, 1, None)
    variance = (2 * 0.9**2 + 1.1**2 + 7 * 0.1**2) / 9
    assert found.images == pytest.approx(1.959964 * sqrt(variance / 10), rel=1e-6) and found.half == found.images


def test_a_lead_turned_round_changes_its_sign_only():
    one, other = [row("1110")], [row("0100")]
    assert difference(one, other).value == 0.5 == -difference(other, one).value
    assert difference(one, other).images == difference(other, one).images


def test_three_seeds_have_an_interval_of_student():
    """Differences of 0.25, 0.5 and 0 over four images: mean 0.25, deviation 0.25."""
    first = [row("1100", 0), row("1110", 1), row("1000", 2)]
    second = [row("1000", 0), row("1000", 1), row("1000", 2)]
    found = difference(first, second[::-1])  # paired by seed, whatever the order
    assert found.value == pytest.approx(0.25) and found.count == 3
    assert found.seeds == pytest.approx(4.302653 * 0.25 / sqrt(3))
    # Each image's mean over the seeds: 0, 2/3, 1/3, 0.
    spread = sqrt(sum((v - 0.25) ** 2 for v in (0, 2 / 3, 1 / 3, 0)) / 3)
    assert found.images == pytest.approx(1.959964 * spread / 2, rel=1e-6)
    assert found.half == max(found.images, found.seeds)


@pytest.mark.parametrize(("seeds", "seen"), [(None, True), (0.02, True), (0.05, False)])
def test_what_an_interval_could_have_seen(seeds, seen):
    found = Difference(0.0, images=0.02, seeds=seeds, n=2000, count=1 if seeds is None else 3)
    assert found.could_see(0.03) == seen == found.could_see(-0.03)
    assert not found.could_see(0.01)


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ([row("10", 0)], [row("10", 1)], r"seed by seed, got the seeds \[0\] and \[1\]"),
        ([], [], r"seed by seed, got the seeds \[\] and \[\]"),
        ([row("10")], [row("100")], r"image by image, got \[2, 3\] images"),
        ([row("10"), row("11")], [row("10")], r"one row a seed is paired, got the seeds \[0, 0\]"),
    ],
)
def test_what_cannot_be_paired(first, second, message):
    with pytest.raises(ValueError, match=message):
        difference(first, second)


def test_the_fate_of_each_image_counts_and_not_the_value():
    changed = replace(row("1100"), value=0.5, low=None, high=None)
    assert difference([changed], [row("0011")]).value == 0 and difference([changed], [row("0011")]).images > 0.5
