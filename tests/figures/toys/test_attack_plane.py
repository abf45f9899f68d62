"""The plane of an attack, by hand on images of three pixels."""

import pytest
import torch

from robustlib.figures.toys.attack_plane import attack_plane

X = torch.zeros(1, 1, 1, 3)


def way(*points: tuple[float, float, float]) -> torch.Tensor:
    return torch.tensor(points).view(-1, 1, 1, 3)


def test_start_and_end_lie_in_the_plane_and_the_rest_is_projected() -> None:
    plane = attack_plane(X, way((0, 0.1, 0), (0.1, 0.1, 0.2), (0.2, 0, 0)), eps=0.2)
    assert plane.along.flatten().tolist() == pytest.approx([0.2, 0, 0])
    assert plane.across.flatten().tolist() == pytest.approx([0, 0.2, 0]), "its largest pixel is eps"
    assert plane.path.tolist() == [pytest.approx(at, abs=1e-6) for at in ([0, 0.5], [0.5, 0.5], [1, 0])]
    assert plane.outside.tolist() == pytest.approx([0, (4 / 6) ** 0.5, 0], abs=1e-6), "0.2 of a length of sqrt(0.06)"


def test_without_a_random_start_the_second_direction_is_random_and_seeded() -> None:
    moved = way((0, 0, 0), (0.1, 0, 0), (0.2, 0.1, 0))
    first, again, other = (attack_plane(X, moved, 0.2, seed=seed).across for seed in (0, 0, 5))
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert (first * (moved[-1])).sum().abs() < 1e-6 and first.abs().max() == pytest.approx(0.2)


def test_a_direction_that_is_given() -> None:
    plane = attack_plane(X, way((0, 0.1, 0), (0.2, 0, 0)), 0.2, across=torch.tensor([[[[1.0, 0, 1]]]]))
    assert plane.across.flatten().tolist() == pytest.approx([0, 0, 0.2], abs=1e-6)
    assert plane.outside[0] == pytest.approx(1)


def test_what_is_no_plane() -> None:
    with pytest.raises(ValueError, match="did not move"):
        attack_plane(X, way((0, 0.1, 0), (0, 0, 0)), 0.2)
    moved = way((0, 0.1, 0), (0.2, 0, 0))
    with pytest.raises(ValueError, match="has the shape of the image"):
        attack_plane(X, moved, 0.2, across=torch.ones(2))
    with pytest.raises(ValueError, match="pass another `across`"):
        attack_plane(X, moved, 0.2, across=torch.tensor([2.0, 0, 0]))
