"""MadNet's pairs: the coin, the uniform other class, and splits in which there is no partner."""

from collections import Counter

import pytest
import torch

from robustlib.datasets import SiamesePairs, Split


@pytest.fixture
def split() -> Split:
    """60 images of the classes 0, 1, 4 and 6, of 30, 15, 10 and 5 images; image i is full of the value i."""
    x = torch.arange(60, dtype=torch.uint8)[:, None, None, None].expand(60, 1, 2, 2).contiguous()
    y = torch.tensor([0] * 30 + [1] * 15 + [4] * 10 + [6] * 5)
    return Split(x, y[torch.randperm(60, generator=torch.Generator().manual_seed(1))], "toy")


def passes(sampler, split, times):
    """All pairs of so many passes: positions and labels."""
    loader = sampler(split)
    batches = [batch for _ in range(times) for batch in loader]
    x1, y1, x2, y2 = (torch.cat(parts) for parts in zip(*batches, strict=True))
    return (255 * x1[:, 0, 0, 0]).round().long(), y1, (255 * x2[:, 0, 0, 0]).round().long(), y2


@pytest.mark.parametrize("q", [0.0, 0.3, 0.5, 1.0])
def test_every_image_is_first_once_a_pass_and_the_coin_has_its_probability(q, split):
    torch.manual_seed(0)
    first, y1, second, y2 = passes(SiamesePairs(8, q), split, 100)
    assert all(sorted(part.tolist()) == list(range(60)) for part in first.split(60))
    assert torch.equal(y1, split.y[first]) and torch.equal(y2, split.y[second]) and (first != second).all()
    assert (y1 == y2).float().mean().item() == pytest.approx(q, abs=4 * (q * (1 - q) / 6000) ** 0.5)


def test_the_coin_is_tossed_for_each_pair():
    """Unlike the share of `Pairs`, the number of pairs of one class differs between batches."""
    x = torch.zeros(400, 1, 1, 1, dtype=torch.uint8)
    torch.manual_seed(0)
    counts = {int((y1 == y2).sum()) for _, y1, _, y2 in SiamesePairs(40)(Split(x, torch.arange(400) % 4, "toy"))}
    assert len(counts) > 3


def test_other_classes_are_uniform_over_classes_and_then_over_images(split):
    torch.manual_seed(0)
    first, y1, second, y2 = passes(SiamesePairs(16, 0.0), split, 200)
    for c in (0, 1, 4, 6):
        drawn = Counter(y2[y1 == c].tolist())
        assert set(drawn) == {0, 1, 4, 6} - {c}
        total = int((y1 == c).sum())
        assert all(n / total == pytest.approx(1 / 3, abs=5 * (2 / 9 / total) ** 0.5) for n in drawn.values())
    often = Counter(second[y2 == 6].tolist())
    assert len(often) == 5 and max(often.values()) < 1.2 * min(often.values())


def test_a_partner_of_the_same_class_is_uniform_and_another_image(split):
    torch.manual_seed(0)
    first, y1, second, _ = passes(SiamesePairs(16, 1.0), split, 200)
    rows = y1 == 6
    seen = Counter(zip(first[rows].tolist(), second[rows].tolist(), strict=True))
    assert len(seen) == 20 and max(seen.values()) < 2.2 * min(seen.values())


def test_sizes(split):
    assert len(SiamesePairs(16)(split)) == 4 and len(SiamesePairs(16, drop_last=True)(split)) == 3
    sizes = [len(batch[0]) for batch in SiamesePairs(16)(split)]
    assert sizes == [16, 16, 16, 12] and len(list(SiamesePairs(16, drop_last=True)(split))) == 3


def test_a_pass_of_fewer_pairs_draws_its_images_anew(split):
    torch.manual_seed(0)
    sampler = SiamesePairs(16, pairs=40)
    assert len(sampler(split)) == 3 and [len(batch[0]) for batch in sampler(split)] == [16, 16, 8]
    first, y1, second, y2 = passes(sampler, split, 30)
    parts = [set(part.tolist()) for part in first.split(40)]
    assert all(len(part) == 40 for part in parts) and set.union(*parts) == set(range(60)) and parts[0] != parts[1]
    assert torch.equal(y1, split.y[first]) and torch.equal(y2, split.y[second]) and (first != second).all()
    assert len(SiamesePairs(16, pairs=100)(split)) == 4  # no more than there are images


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda s: SiamesePairs(0), "size >= 1"),
        (lambda s: SiamesePairs(4, pairs=0), "pairs >= 1"),
        (lambda s: SiamesePairs(4, q=1.5), r"q in \[0, 1\], got 1.5"),
        (lambda s: SiamesePairs(4, q=float("nan")), r"q in \[0, 1\], got nan"),
        (lambda s: SiamesePairs(4)(s.subset(s.y == 1)), "toy: it has one class only"),
        (lambda s: SiamesePairs(4)(s.per_class(1)), "toy: class 0 has a single image"),
    ],
)
def test_splits_without_partners(make, words, split):
    with pytest.raises(ValueError, match=words):
        make(split)


def test_a_split_that_has_what_the_coin_asks_for(split):
    assert len(list(SiamesePairs(4, q=1.0)(split.subset(split.y == 1)))) == 4
    assert len(list(SiamesePairs(4, q=0.0)(split.per_class(1)))) == 1
