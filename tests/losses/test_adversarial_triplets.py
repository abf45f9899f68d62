"""The triplets of AT2L and TLA, and the choice of their negatives, against naive double loops on hand-placed points."""

import math

import pytest
import torch

from robustlib.losses import angular_triplet, any_other, likeliest_wrong, nearest_other, norm_triplet
from robustlib.losses.angular_triplet import angular_distance
from robustlib.losses.norm_triplet import norm_distance

CHOICES = pytest.mark.parametrize("choice", [likeliest_wrong, any_other, nearest_other])
NORMS = pytest.mark.parametrize("norm", [1.0, 2.0, 3.0, math.inf])
# Two clusters on the unit circle, a point between them, the origin's neighbour and one far out.
Z = torch.tensor([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0], [-1.0, 0.0], [-0.8, 0.6], [0.6, 0.8], [0.01, -0.02], [3.0, -4.0]])
A, P, N = [torch.tensor(i) for i in zip(*[(0, 1, 3), (0, 2, 5), (5, 3, 1), (3, 4, 6), (7, 6, 0), (2, 7, 4)])]  # noqa: B905


def p_distance(a, b, norm):
    gaps = [abs(s - t) for s, t in zip(a.tolist(), b.tolist(), strict=True)]
    return max(gaps) if norm == math.inf else sum(gap**norm for gap in gaps) ** (1 / norm)


def angle(a, b):
    a, b = a.tolist(), b.tolist()
    inner = sum(s * t for s, t in zip(a, b, strict=True))
    return 1 - abs(inner) / (math.hypot(*a) * math.hypot(*b))


@NORMS
@pytest.mark.parametrize("margin", [0.0, 0.4, 1.0, 3.0])
def test_norm_triplet_by_loop(norm, margin):
    loss = norm_triplet(Z[A], Z[P], Z[N], margin, norm=norm)
    expected = [
        max(p_distance(Z[a], Z[p], norm) - p_distance(Z[a], Z[n], norm) + margin, 0.0)
        for a, p, n in zip(A.tolist(), P.tolist(), N.tolist(), strict=True)
    ]
    assert loss.shape == (6,) and (margin == 0 or (loss > 0).any())
    torch.testing.assert_close(loss, torch.tensor(expected), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("margin", [0.0, 0.05, 0.6])
def test_angular_triplet_by_loop(margin):
    loss = angular_triplet(Z[A], Z[P], Z[N], margin)
    expected = [
        max(angle(Z[a], Z[p]) - angle(Z[a], Z[n]) + margin, 0.0)
        for a, p, n in zip(A.tolist(), P.tolist(), N.tolist(), strict=True)
    ]
    torch.testing.assert_close(loss, torch.tensor(expected), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(angular_triplet(7 * Z[A], 0.5 * Z[P], -Z[N], margin), loss, atol=1e-5, rtol=1e-5)


@NORMS
def test_all_distances_by_double_loop(norm):
    expected = [[p_distance(a, b, norm) for b in Z] for a in Z]
    torch.testing.assert_close(norm_distance(Z[:, None], Z[None], norm), torch.tensor(expected))
    expected = [[angle(a, b) for b in Z] for a in Z]
    torch.testing.assert_close(angular_distance(Z[:, None], Z[None]), torch.tensor(expected), atol=1e-6, rtol=1e-5)


def test_by_hand():
    anchor, positive, negative = torch.tensor([[0.0, 0.0, 1.0]]), torch.tensor([[2.0, -3.0, 1.0]]), torch.eye(3)[:1]
    assert norm_triplet(anchor, positive, negative).item() == pytest.approx(3 - 1 + 1)  # the default is inf and 1
    assert norm_triplet(anchor, positive, negative, 0.5, norm=2).item() == pytest.approx(13**0.5 - 2**0.5 + 0.5)
    assert norm_triplet(anchor, negative, positive, 1.9).item() == 0
    assert angular_triplet(anchor, positive, negative).item() == 0
    assert angular_triplet(anchor, negative, positive).item() == pytest.approx(14**-0.5 + 0.05)


def test_the_gradient_of_the_largest_gap_reaches_one_logit():
    anchor = torch.tensor([[0.0, 5.0, 1.0]], requires_grad=True)
    norm_triplet(anchor, torch.tensor([[0.5, 2.0, 1.0]]), torch.tensor([[0.0, 5.0, 3.0]]), 10.0).sum().backward()
    assert anchor.grad.tolist() == [[0.0, 1.0, 1.0]]  # away from the positive in one, from the negative in another


@NORMS
def test_gradients_in_double_precision(norm):
    generator = torch.Generator().manual_seed(0)
    points = [torch.randn(6, 4, generator=generator, dtype=torch.float64).requires_grad_() for _ in range(3)]
    assert torch.autograd.gradcheck(lambda a, p, n: norm_triplet(a, p, n, 2.0, norm=norm), points)
    assert torch.autograd.gradcheck(lambda a, p, n: angular_triplet(a, p, n, 0.9), points)


@NORMS
def test_points_that_meet_have_a_finite_gradient(norm):
    z = torch.zeros(3, 4, requires_grad=True)
    loss = norm_triplet(z, z, z, 0.7, norm=norm)
    (loss.sum() + angular_triplet(z, z, z).sum()).backward()
    assert loss.tolist() == pytest.approx([0.7] * 3) and torch.isfinite(z.grad).all()
    assert angular_triplet(z, z, z, 0.2).tolist() == pytest.approx([0.2] * 3)


@pytest.mark.parametrize("fields", [{"margin": -1.0}, {"margin": math.nan}, {"norm": 0.5}, {"norm": math.nan}])
def test_what_is_no_norm_or_margin(fields):
    with pytest.raises(ValueError, match="margin >= 0 and a p-norm with p >= 1, got margin="):
        norm_triplet(Z, Z, Z, **fields)


@pytest.mark.parametrize("margin", [-0.1, math.nan])
def test_what_is_no_angular_margin(margin):
    with pytest.raises(ValueError, match="margin of the angular triplet must be >= 0"):
        angular_triplet(Z, Z, Z, margin)


@pytest.mark.bad_input
@pytest.mark.parametrize("loss", [norm_triplet, angular_triplet])
def test_rows_that_do_not_belong_together(loss):
    with pytest.raises(ValueError, match="one shape"):
        loss(Z, Z[:1], Z)


Y = torch.tensor([0, 0, 1, 1, 2, 2, 4])  # no image of class 3
LOGITS = torch.tensor(
    [
        [5.0, 1.0, 3.0, 4.0, 0.0],  # right, the runner-up (3) is not in the batch: the next, 2
        [1.0, 5.0, 3.0, 4.0, 0.0],  # taken for 1
        [1.0, 5.0, 3.0, 4.0, 2.0],  # right, runner-up 3 missing: 2
        [1.0, 5.0, 3.0, 9.0, 7.0],  # taken for 3, which is missing: 4
        [8.0, 5.0, 3.0, 9.0, 7.0],  # taken for 3, which is missing: 0
        [0.0, 6.0, 7.0, 1.0, 1.0],  # right, runner-up 1
        [2.0, 6.0, 7.0, 1.0, 9.0],  # right, runner-up 2
    ]
)
WRONG = [2, 1, 2, 4, 0, 1, 2]


def test_the_likeliest_wrong_class_of_those_in_the_batch_each_of_its_images_alike():
    picks = torch.stack([likeliest_wrong(LOGITS, torch.zeros(7, 7), Y) for _ in range(400)])
    assert [set(Y[column].tolist()) for column in picks.T] == [{c} for c in WRONG]
    assert (picks[:, 0] == 4).float().mean().item() == pytest.approx(0.5, abs=0.1)
    for i, found in enumerate(WRONG):  # the class by a naive loop
        ranked = sorted(range(5), key=lambda c: -LOGITS[i, c].item())
        assert found == next(c for c in ranked if c != Y[i] and c in Y.tolist())


def test_any_other_class_every_image_alike():
    torch.manual_seed(0)
    picks = torch.stack([any_other(LOGITS, torch.zeros(7, 7), Y) for _ in range(2000)])
    for i, column in enumerate(picks.T):
        share = torch.bincount(column, minlength=7) / 2000
        others = (Y[i] != Y).float()
        torch.testing.assert_close(share, others / others.sum(), atol=0.05, rtol=0)


def test_the_nearest_other_by_double_loop():
    far = norm_distance(Z[:7, None], Z[None, :7], 2.0)
    found = nearest_other(LOGITS, far, Y)
    for i in range(7):
        others = [j for j in range(7) if Y[j] != Y[i]]
        assert far[i, found[i]] == min(far[i, j] for j in others) and found[i] in others


@CHOICES
def test_draws_are_seeded_and_take_no_gradient(choice):
    far = torch.rand(7, 7, generator=torch.Generator().manual_seed(0)).requires_grad_()
    found = []
    for _ in range(2):
        torch.manual_seed(5)
        found.append(choice(LOGITS.clone().requires_grad_(), far, Y))
    assert torch.equal(*found) and not found[0].requires_grad and found[0].dtype == torch.int64


@CHOICES
def test_a_batch_of_one_class_has_no_negative(choice):
    with pytest.raises(ValueError, match="the batch holds 3 images, all of class 2: take larger batches, drop_last"):
        choice(LOGITS[:3], torch.zeros(3, 3), torch.full((3,), 2))
    with pytest.raises(ValueError, match="the batch holds no images"):
        choice(LOGITS[:0], torch.zeros(0, 0), Y[:0])


def test_two_classes_have_one_wrong_one():
    logits, y = torch.tensor([[9.0, -1e38], [0.0, 1.0], [5.0, 1.0]]), torch.tensor([0, 1, 1])
    first, *others = likeliest_wrong(logits, torch.zeros(3, 3), y).tolist()
    assert first in (1, 2) and others == [0, 0]
