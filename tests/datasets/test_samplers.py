"""Samplers: what a pass holds, how it is drawn, and that it can be drawn again."""

from collections import Counter

import pytest
import torch

from robustlib.datasets import Augment, Balanced, Batches, Pairs, SiamesePairs, Split, Triplets, random_flip

SAMPLERS = (Batches(7), Batches(7, augment=Augment(2)), Balanced(3, 4), Pairs(8, augment=random_flip), Triplets(8),
            SiamesePairs(8, augment=random_flip), Triplets(8, tuples=100), Triplets(8, tuples=50, seed=0))  # fmt: skip


@pytest.fixture
def split() -> Split:
    """60 images of 4 unequal classes; image i is full of the value i but for one corner."""
    x = torch.arange(60, dtype=torch.uint8)[:, None, None, None].expand(60, 1, 6, 6).contiguous()
    x[:, :, 0, 0] = 255
    y = torch.tensor([0] * 30 + [1] * 15 + [2] * 10 + [3] * 5)[
        torch.randperm(60, generator=torch.Generator().manual_seed(1))
    ]
    return Split(x, y, "toy")


def which(x: torch.Tensor) -> list[int]:
    """The positions of images of the fixture."""
    return (x[:, 0, 3, 3] * 255).round().int().tolist()


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda sampler: type(sampler).__name__)
def test_restoring_the_random_state_repeats_the_pass_and_a_new_pass_differs(sampler, split):
    loader = sampler(split)
    torch.manual_seed(0)
    state = torch.get_rng_state()
    first, second = list(loader), list(loader)
    torch.set_rng_state(state)
    again = list(loader)
    assert len(first) == len(loader) == len(again)
    for a, b in zip(first, again, strict=True):
        assert all(torch.equal(s, t) for s, t in zip(a, b, strict=True))
    assert not all(torch.equal(a[0], b[0]) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda sampler: type(sampler).__name__)
def test_a_pass_is_its_indices_then_its_batches(sampler, split):
    loader = sampler(split)
    torch.manual_seed(3)
    whole = list(loader)
    torch.manual_seed(3)
    composed = [loader.batch(index) for index in loader.indices()]
    assert all(torch.equal(a, b) for x, y in zip(whole, composed, strict=True) for a, b in zip(x, y, strict=True))


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda sampler: type(sampler).__name__)
def test_images_come_as_floats_with_their_own_labels(sampler, split):
    for batch in sampler(split):
        images, labels = [t for t in batch if t.ndim == 4], [t for t in batch if t.ndim == 1]
        assert all(x.dtype == torch.float32 and x.min() >= 0 and x.max() <= 1 for x in images)
        assert all(y.dtype == torch.int64 for y in labels)
        assert {len(t) for t in batch} == {len(batch[0])}
        assert split.y[which(images[0])].tolist() == labels[0].tolist()


@pytest.mark.parametrize("size", [1, 7, 60, 100])
@pytest.mark.parametrize("drop_last", [False, True])
def test_batches_are_a_permutation_cut_in_pieces(size, drop_last, split):
    loader = Batches(size, drop_last=drop_last)(split)
    sizes = [len(y) for _, y in loader]
    seen = [i for x, _ in loader for i in which(x)]
    whole = 60 // size * size if drop_last else 60
    assert len(seen) == len(set(seen)) == sum(sizes) == whole
    assert len(loader) == len(sizes) and all(s == size for s in sizes[:-1])


def test_batches_without_shuffle_keep_the_order_and_draw_nothing(split):
    state = torch.get_rng_state()
    assert [i for x, _ in Batches(8, shuffle=False)(split) for i in which(x)] == list(range(60))
    assert torch.equal(state, torch.get_rng_state())


def test_every_order_of_three_is_equally_likely():
    three = Split(torch.zeros(3, 1, 2, 2, dtype=torch.uint8), torch.arange(3), "three")
    torch.manual_seed(0)
    orders = Counter(tuple(torch.cat(Batches(2)(three).indices()).tolist()) for _ in range(3000))
    assert len(orders) == 6 and all(400 < count < 600 for count in orders.values())


@pytest.mark.parametrize("same", [0.0, 0.25, 0.5, 1.0])
def test_the_share_of_pairs_of_one_class_is_exact_in_every_batch(same, split):
    for x1, y1, x2, y2 in Pairs(8, same)(split):
        assert int((y1 == y2).sum()) == round(same * len(y1))
        assert all(i != j for i, j in zip(which(x1), which(x2), strict=True))
        assert split.y[which(x2)].tolist() == y2.tolist()


def test_the_first_images_of_pairs_and_triplets_are_a_permutation(split):
    for sampler in (Pairs(8), Triplets(8)):
        assert sorted(i for batch in sampler(split) for i in which(batch[0])) == list(range(60))
        assert len(list(sampler(split))) == 8
        short = type(sampler)(8, drop_last=True)(split)
        assert [len(batch[0]) for batch in short] == [8] * 7 and len(short) == 7


def test_triplets_are_anchor_positive_negative_and_the_labels_of_both_classes(split):
    for a, p, n, y, y_n in Triplets(8)(split):
        assert split.y[which(a)].tolist() == split.y[which(p)].tolist() == y.tolist()
        assert split.y[which(n)].tolist() == y_n.tolist()
        assert not (y == y_n).any()
        assert all(i != j for i, j in zip(which(a), which(p), strict=True))


def rows_of(sampler, split) -> list[tuple[int, ...]]:
    """The triplets of one pass, as positions."""
    return [tuple(row) for index in sampler(split).indices() for row in index.T.tolist()]


@pytest.mark.parametrize("seed", [None, 5], ids=["resampled", "fixed"])
@pytest.mark.parametrize("tuples", [1, 32, 100, 500])
def test_so_many_tuples_are_drawn_as_are_asked_for(tuples, seed, split):
    loader = Triplets(32, tuples=tuples, seed=seed)(split)
    sizes = [index.shape for index in loader.indices()]
    assert len(sizes) == len(loader) == -(-tuples // 32) and sum(s[1] for s in sizes) == tuples
    rows = rows_of(loader.sampler, split)
    assert all(split.y[a] == split.y[p] != split.y[n] and a != p for a, p, n in rows)
    short = Triplets(32, drop_last=True, tuples=tuples, seed=seed)(split)
    assert [index.shape[1] for index in short.indices()] == [32] * len(short) == [32] * (tuples // 32)


def test_drawn_anchors_are_uniform(split):
    torch.manual_seed(0)
    counts = Counter(a for a, _, _ in rows_of(Triplets(tuples=12_000), split))
    assert len(counts) == 60 and all(140 < count < 265 for count in counts.values())  # 200 expected


def test_a_fixed_list_is_the_same_in_every_pass_but_for_its_order(split):
    fixed = Triplets(8, tuples=100, seed=5)
    torch.manual_seed(0)
    first, second = rows_of(fixed, split), rows_of(fixed, split)
    assert first != second and sorted(first) == sorted(second)
    assert sorted(first) != sorted(rows_of(Triplets(8, tuples=100, seed=6), split))
    each = Triplets(8, seed=5)
    assert sorted(a for a, _, _ in rows_of(each, split)) == list(range(60))
    assert sorted(rows_of(each, split)) == sorted(rows_of(each, split))
    resampled = Triplets(8, tuples=100)
    assert sorted(rows_of(resampled, split)) != sorted(rows_of(resampled, split))


def test_drawing_a_fixed_list_moves_the_generator_only_by_its_order(split):
    torch.manual_seed(0)
    rows_of(Triplets(8, tuples=100, seed=5), split)
    after = torch.get_rng_state()
    torch.manual_seed(0)
    torch.randperm(100)
    assert torch.equal(after, torch.get_rng_state())


def test_partners_are_uniform_over_all_that_fit(split):
    torch.manual_seed(0)
    anchor = int((split.y == 3).nonzero()[0])
    positives, negatives = Counter(), Counter()
    for _ in range(800):
        for a, p, n in (index.tolist() for index in Triplets(60)(split).indices()):
            at = a.index(anchor)
            positives[p[at]] += 1
            negatives[n[at]] += 1
    assert len(positives) == 4 and all(150 < count < 250 for count in positives.values())  # 200 expected
    assert len(negatives) == 55 and all(1 <= count <= 35 for count in negatives.values())  # 14.5 expected


def test_balanced_batches_hold_p_classes_with_k_different_images(split):
    loader = Balanced(3, 4)(split)
    assert len(loader) == 5
    for x, y in loader:
        assert sorted(Counter(y.tolist()).values()) == [4, 4, 4]
        assert len(set(which(x))) == 12


def test_balanced_goes_through_a_class_before_it_repeats_an_image(split):
    two = split.subset(split.y < 2)
    rows = [i for x, y in Balanced(2, 5)(two) for i, c in zip(which(x), y.tolist(), strict=True) if c == 1]
    assert len(rows) == 20 and len(set(rows[:15])) == 15


def test_balanced_takes_all_classes_unless_told(split):
    assert all(sorted(set(y.tolist())) == [0, 1, 2, 3] for _, y in Balanced(per_class=5)(split))


def test_augmentation_is_of_images_only_and_each_image_has_its_own_draw(split):
    plain, moved = Batches(60, shuffle=False)(split), Batches(60, shuffle=False, augment=Augment(2))(split)
    torch.manual_seed(0)
    (x, y), (z, w) = next(iter(plain)), next(iter(moved))
    corners = {tuple((image[0] == 1).nonzero().flatten().tolist()) for image in z}
    assert torch.equal(y, w) and not torch.equal(x, z) and len(corners) > 8


def test_a_loader_names_its_sampler_and_the_contents_of_its_split(split):
    text = repr(Batches(7, augment=random_flip)(split))
    assert '"size": 7' in text and "random_flip" in text and split.sha256[:12] in text
    assert " at 0x" not in text  # equal in every process: a resumed run compares it


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda s: Batches(0), "size >= 1, got 0"),
        (lambda s: Pairs(-1), "size >= 1"),
        (lambda s: Triplets(0), "size >= 1"),
        (lambda s: Triplets(8, tuples=0), "tuples >= 1, got 0"),
        (lambda s: Balanced(per_class=0), "per_class >= 1"),
        (lambda s: Balanced(classes_per_batch=0), "classes_per_batch >= 1"),
        (lambda s: Pairs(4, same=1.5), r"same in \[0, 1\], got 1.5"),
        (lambda s: Augment(-1), "padding >= 0"),
        (lambda s: Balanced(5, 2)(s), "toy: 5 classes .* it has 4"),
        (lambda s: Balanced(2, 6)(s), "smallest class has 5 images, 6"),
        (lambda s: Balanced(2, 6)(s.subset([])), "toy: it has no images"),
        (lambda s: Pairs(4)(s.subset(s.y == 1)), "toy: it has one class only"),
        (lambda s: Triplets(4)(s.subset(s.y == 1)), "toy: it has one class only"),
        (lambda s: Triplets(4)(s.per_class(1)), "class 0 has a single image"),
    ],
)
def test_what_cannot_be_sampled_is_said(build, says, split):
    with pytest.raises(ValueError, match=says):
        build(split)


def test_pairs_ask_only_for_the_partners_they_need(split):
    assert len(list(Pairs(4, same=1.0)(split.subset(split.y == 1)))) == 4
    assert len(list(Pairs(4, same=0.0)(split.per_class(1)))) == 1


@pytest.mark.gpu
def test_the_gpu_gets_the_same_batches(split):
    for sampler in SAMPLERS:
        torch.manual_seed(0)
        here = list(sampler(split))
        torch.manual_seed(0)
        there = list(sampler(split.to("cuda")))
        assert all(t.device.type == "cuda" for batch in there for t in batch)
        for a, b in zip(here, there, strict=True):
            assert all(torch.equal(s, t.cpu()) for s, t in zip(a, b, strict=True))
