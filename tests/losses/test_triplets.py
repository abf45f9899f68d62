"""Distances, the triplet hinge and the three miners against naive double loops on hand-placed points."""

import math

import pytest
import torch

from robustlib.losses import batch_hard, distances, random_triplets, semi_hard, triplet

MINERS = pytest.mark.parametrize("mine", [random_triplets, batch_hard, semi_hard])
# Two clusters on the unit circle, a point between them, and a class with a single member.
Z = torch.tensor([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0], [-1.0, 0.0], [-0.8, 0.6], [0.6, 0.8], [0.0, -1.0]])
Y = torch.tensor([0, 0, 0, 1, 1, 1, 2])


def squared(a, b):
    return sum((s - t) ** 2 for s, t in zip(a.tolist(), b.tolist(), strict=True))


def test_distances_by_double_loop():
    centres = torch.tensor([[0.0, 0.0], [3.0, 4.0]])
    expected = torch.tensor([[squared(z, c) for c in centres] for z in Z])
    torch.testing.assert_close(distances(Z, centres), expected)
    torch.testing.assert_close(distances(Z, centres, squared=False), expected.sqrt(), atol=1e-5, rtol=1e-5)


def test_near_points_far_from_the_origin_keep_their_distance():
    z = torch.tensor([[1000.0, 1000.0]])
    torch.testing.assert_close(distances(z, z + torch.tensor([[0.0625, 0.0]])), torch.tensor([[0.0625**2]]))


def test_unsquared_distances_have_a_gradient_at_zero():
    z = torch.zeros(2, 3, requires_grad=True)
    distances(z, z, squared=False).sum().backward()
    assert torch.isfinite(z.grad).all()


@pytest.mark.parametrize("margin", [0.0, 0.2, 1.0, 3.0])
def test_triplet_by_loop(margin):
    a, p, n = [torch.tensor(i) for i in zip(*[(0, 1, 3), (0, 2, 5), (5, 3, 1), (3, 4, 6)], strict=True)]
    loss = triplet(Z[a], Z[p], Z[n], margin)
    expected = [
        max(0.0, squared(Z[i], Z[j]) - squared(Z[i], Z[k]) + margin)
        for i, j, k in zip(a.tolist(), p.tolist(), n.tolist(), strict=True)
    ]
    torch.testing.assert_close(loss, torch.tensor(expected))
    assert margin == 0 or (loss > 0).any()


def test_triplet_by_hand():
    anchor, positive, negative = torch.tensor([[0.0, 0.0]]), torch.tensor([[1.0, 1.0]]), torch.tensor([[0.0, 2.0]])
    assert triplet(anchor, positive, negative, 2.5).item() == pytest.approx(2 - 4 + 2.5)
    assert triplet(anchor, positive, negative, 1.9).item() == 0
    assert triplet(anchor, negative, positive, 1.0).item() == pytest.approx(3)


def test_triplet_pulls_and_pushes():
    points = [torch.randn(4, 3, generator=torch.Generator().manual_seed(i)).requires_grad_() for i in range(3)]
    triplet(*points, 100.0).sum().backward()
    anchor, positive, negative = points
    torch.testing.assert_close(positive.grad, 2 * (positive - anchor).detach())
    torch.testing.assert_close(negative.grad, -2 * (negative - anchor).detach())


def test_negative_margin_is_an_error():
    with pytest.raises(ValueError, match="margin must be >= 0, got -1"):
        triplet(Z, Z, Z, -1)


@MINERS
def test_mined_triplets_are_valid_and_each_anchor_comes_once(mine):
    for seed in range(20):
        torch.manual_seed(seed)
        anchor, positive, negative = mine(Z, Y, 1.0)
        assert anchor.tolist() == [0, 1, 2, 3, 4, 5]  # 6 has no positive
        assert (Y[anchor] == Y[positive]).all() and (Y[anchor] != Y[negative]).all()
        assert (anchor != positive).all()


@MINERS
@pytest.mark.parametrize("labels", [[3, 3, 3, 3, 3, 3, 3], [0, 1, 2, 3, 4, 5, 6]], ids=["one class", "all alone"])
def test_no_triplet_no_index(mine, labels):
    chosen = mine(Z, torch.tensor(labels))
    assert [len(indices) for indices in chosen] == [0, 0, 0]
    assert triplet(*(Z[indices] for indices in chosen)).shape == (0,)


def test_batch_hard_by_double_loop():
    anchor, positive, negative = batch_hard(Z, Y)
    for i, a in enumerate(anchor.tolist()):
        mates = [j for j in range(7) if Y[j] == Y[a] and j != a]
        others = [j for j in range(7) if Y[j] != Y[a]]
        assert squared(Z[a], Z[positive[i]]) == pytest.approx(max(squared(Z[a], Z[j]) for j in mates))
        assert squared(Z[a], Z[negative[i]]) == pytest.approx(min(squared(Z[a], Z[j]) for j in others))


LINE = torch.tensor([[0.0, 0.0], [3.0, 0.0], [1.0, 0.0], [1.5, 0.0], [9.0, 0.0]])  # 0's negatives all nearer than 1


@pytest.mark.parametrize(("z", "y", "falls_back"), [(Z, Y, 0), (LINE, torch.tensor([0, 0, 1, 1, 0]), 1)])
def test_semi_hard_by_double_loop(z, y, falls_back):
    fell_back = 0
    for seed in range(10):
        torch.manual_seed(seed)
        anchor, positive, negative = semi_hard(z, y)
        for a, p, n in zip(anchor.tolist(), positive.tolist(), negative.tolist(), strict=True):
            near, far = squared(z[a], z[p]), squared(z[a], z[n])
            others = [squared(z[a], z[j]) for j in range(len(z)) if y[j] != y[a]]
            beyond = [d for d in others if d > near + 1e-6]
            fell_back += not beyond
            assert far == pytest.approx(min(beyond) if beyond else max(others), abs=1e-5)
    assert bool(fell_back) == falls_back


@pytest.mark.parametrize("mine", [random_triplets, semi_hard])
def test_random_choices_are_uniform_and_seeded(mine):
    torch.manual_seed(0)
    first = mine(Z, Y)
    torch.manual_seed(0)
    assert all(torch.equal(a, b) for a, b in zip(first, mine(Z, Y), strict=True))
    picks = torch.stack([mine(Z, Y)[1] for _ in range(600)])
    share = torch.bincount(picks[:, 0], minlength=7) / 600
    assert share[1].item() == pytest.approx(0.5, abs=0.07) and share[1] + share[2] == 1


def test_random_negatives_are_uniform():
    torch.manual_seed(0)
    picks = torch.bincount(torch.stack([random_triplets(Z, Y)[2] for _ in range(800)])[:, 0], minlength=7) / 800
    assert picks[:3].sum() == 0
    assert all(math.isclose(share, 0.25, abs_tol=0.06) for share in picks[3:].tolist())


@MINERS
def test_the_choice_takes_no_gradient(mine):
    chosen = mine(Z.clone().requires_grad_(), Y)
    assert not any(indices.requires_grad or indices.is_floating_point() for indices in chosen)
