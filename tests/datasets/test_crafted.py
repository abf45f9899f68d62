"""A split with adversarial sets: which form an image is given, and that none is given to another image."""

import pytest
import torch

from robustlib.datasets import Batches, Crafted, CraftedSplit, Split, load
from robustlib.describe import describe

X = torch.arange(10, dtype=torch.uint8).reshape(10, 1, 1, 1).expand(10, 1, 2, 2).contiguous()
Y = torch.arange(10) % 3


def forms(count, mark):
    """Images that say which image they are of, and which set."""
    return ((torch.arange(count).float() + mark) / 255).reshape(count, 1, 1, 1).expand(count, 1, 2, 2).contiguous()


SETS = {"short on f": forms(4, 50), "FGSM on f": forms(8, 100), "FGSM on g": forms(8, 200)}
SPLIT = CraftedSplit(X, Y, "toy", SETS)


def test_every_image_that_has_a_form_once_a_pass_with_one_of_its_own():
    torch.manual_seed(0)
    given = {i: [] for i in range(8)}
    for _ in range(600):
        passed = list(Crafted(3)(SPLIT))
        assert [len(y) for _, y, _ in passed] == [3, 3, 2] and len(Crafted(3)(SPLIT)) == 3
        x, y, x_adv = (torch.cat(parts) for parts in zip(*passed, strict=True))
        who = (x[:, 0, 0, 0] * 255).round().long()
        assert sorted(who.tolist()) == list(range(8)) and torch.equal(y, Y[who])
        for i, mark in zip(who.tolist(), (x_adv[:, 0, 0, 0] * 255).round().long() - who, strict=True):
            given[i].append(mark.item())
    for i, marks in given.items():
        held = [50, 100, 200] if i < 4 else [100, 200]
        assert set(marks) == set(held)
        assert all(marks.count(m) / 600 == pytest.approx(1 / len(held), abs=0.08) for m in held)


def test_a_last_smaller_batch_may_be_left_out():
    assert [len(y) for _, y, _ in Crafted(3, drop_last=True)(SPLIT)] == [3, 3]
    assert len(Crafted(3, drop_last=True)(SPLIT)) == 2 and SPLIT.covered == 8


def test_the_order_is_drawn_first_so_that_a_resumed_run_skips_batches():
    loader = Crafted(3)(SPLIT)
    torch.manual_seed(4)
    whole = list(loader)
    torch.manual_seed(4)
    order = loader.indices()
    for index, batch in zip(order, whole, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(loader.batch(index), batch, strict=True))


def test_a_part_is_a_plain_split_and_the_hash_is_that_of_the_clean_images():
    part = SPLIT.subset([3, 1])
    assert type(part) is Split and torch.equal(part.y, Y[[3, 1]])
    assert SPLIT.sha256 == Split(X, Y, "toy").sha256
    x, y = next(iter(Batches(10, shuffle=False)(SPLIT)))
    assert torch.equal(y, Y) and torch.equal(x, X / 255)
    assert torch.equal(SPLIT.to("cpu").sets["short on f"], SETS["short on f"])


def test_other_sets_make_another_run():
    """The description of a loader is what tells `fit` whether a checkpoint is of this run."""
    other = CraftedSplit(X, Y, "toy", SETS | {"short on f": forms(4, 51)})
    assert describe(Crafted(3)(SPLIT)) != describe(Crafted(3)(other))
    assert describe(Crafted(3)(SPLIT)) == describe(Crafted(3)(CraftedSplit(X, Y, "toy", dict(SETS))))


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("sets", "told"),
    [
        ({}, "toy: there is no adversarial set; name at least one attack and one model"),
        (
            {"a": forms(11, 0)},
            r"the set 'a' must hold the split's first images, got \(11, 1, 2, 2\) for \(10, 1, 2, 2\)",
        ),
        ({"a": forms(0, 0)}, r"must hold the split's first images, got \(0,"),
        ({"a": forms(3, 0)[:, :, :1]}, r"must hold the split's first images, got \(3, 1, 1, 2\)"),
        ({"a": forms(3, 300)}, r"the adversarial set 'a' must lie in \[0, 1\]"),
        ({"a": forms(3, 0) * float("nan")}, "the adversarial set 'a' holds NaN"),
        ({"a": forms(3, 0).double()}, "must be float32 on cpu, got torch.float64"),
    ],
)
def test_sets_that_are_none(sets, told):
    with pytest.raises(ValueError, match=told):
        CraftedSplit(X, Y, "toy", sets)


@pytest.mark.bad_input
def test_a_sampler_of_crafted_batches_needs_them():
    with pytest.raises(TypeError, match="Crafted draws from a CraftedSplit, as `craft_sets` makes it, got a Split"):
        Crafted()(load("mnist_5k").test)
    with pytest.raises(ValueError, match="size >= 1, got 0"):
        Crafted(0)
