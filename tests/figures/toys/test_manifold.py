"""Figure 1d of Pang et al. 2018: the attacker is a real one."""

import math
from dataclasses import FrozenInstanceError, fields

import pytest
import torch

from robustlib.figures import manifold_toy
from robustlib.figures.toys.manifold import _log_density, _walk


@pytest.fixture(scope="module")
def toy():
    return manifold_toy()


def test_the_attacker_arrives_and_comes_close_to_the_best(toy):
    for at in (toy.cloud, toy.end_to_end, toy.side_by_side):
        assert at.reached > 0.97
        assert at.found == pytest.approx(at.nearest, rel=0.05)
    assert toy.cloud.area > 5 * toy.side_by_side.area > 0
    assert toy.cloud.gamma < toy.side_by_side.gamma


def test_the_picture_says_the_measured_distances(toy):
    for at in (toy.cloud, toy.end_to_end, toy.side_by_side):
        assert f"{at.found:.2f} (nearest accepted point: {at.nearest:.2f}" in toy.picture.alt
    assert "proves nothing" in toy.picture.caption and toy.picture._repr_html_() == toy._repr_html_()
    assert len(toy._repr_html_()) < 80_000
    with pytest.raises(FrozenInstanceError):
        toy.cloud.area = 0.0


def test_the_numbers_repeat_and_follow_the_seed(toy):
    again, other = manifold_toy(), manifold_toy(steps=20, seed=1)
    for name in (f.name for f in fields(toy) if f.name != "picture"):
        assert getattr(again, name) == getattr(toy, name)
        assert getattr(other, name).area != getattr(toy, name).area


def test_density_integrates_to_one_and_a_walk_ends_inside():
    """One centre: the accepted region is a disc, and the nearest point of it is known."""
    centre, gamma = torch.tensor([[1.0, 0.0]]), 4.0
    side = torch.linspace(-3, 5, 161)
    plane = torch.stack(torch.meshgrid(side, side, indexing="xy"), -1).flatten(0, 1)
    assert _log_density(plane, centre, gamma).exp().sum().item() * 0.05**2 == pytest.approx(1, rel=1e-3)
    radius = 0.5
    threshold = math.log(gamma / math.pi) - gamma * radius**2
    start = torch.tensor([[-1.0, 0.0], [1.0, 2.0], [1.0, 0.1]])
    end, best = _walk(start, centre, gamma, threshold, 200)
    torch.testing.assert_close(best, torch.tensor([1.5, 1.5, 0.0]), atol=0.03, rtol=0)
    assert ((end - centre).norm(dim=1) <= radius + 1e-5).all()
    assert _walk(start[:1], centre, gamma, 9.0, 30)[1].item() == math.inf, "a region that is empty is not reached"


def test_too_few_steps():
    with pytest.raises(ValueError, match="at least 20 steps, got 5"):
        manifold_toy(steps=5)
