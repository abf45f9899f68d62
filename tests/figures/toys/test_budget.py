"""The two questions: the ball breaks where it reaches the nearest wrong point."""

import re

import pytest
import torch

from robustlib.attacks import PGD
from robustlib.figures import budget_toy
from robustlib.figures.toys.budget import Wave
from robustlib.geometry import L2, Linf

RADII = (0.0, 0.1, 0.2, 0.3)


@pytest.fixture(scope="module")
def toy():
    at = {"L-infinity": {e: PGD(e) for e in RADII}, "L2": {e: PGD(e, norm=L2()) for e in RADII}}
    return budget_toy(at, {"L-infinity": PGD(0.2, steps=200), "L2": PGD(0.23, steps=200, norm=L2())})


def test_the_ball_breaks_where_it_reaches_the_nearest_wrong_point(toy):
    model, x = Wave(), torch.tensor([0.4, 0.3]).view(1, 1, 1, 2)
    grid = torch.linspace(0, 1, 401)
    plane = torch.stack(torch.meshgrid(grid, grid, indexing="ij"), -1).view(-1, 1, 1, 2)
    wrong = plane[model(plane).argmax(1) == 1] - x
    nearest = {"L-infinity": Linf().size(wrong).min().item(), "L2": L2().size(wrong).min().item()}
    for name, distance in nearest.items():
        line = next(text for text in repr(toy).split("\n") if text.startswith(f"{name}:"))
        verdicts = {float(e): mark == "✓" for e, mark in re.findall(r"([\d.]+) ([✓✗])", line)}
        assert verdicts == {e: e < distance for e in RADII}, (name, distance)


def test_the_toy_wants_the_same_norms_and_radii():
    with pytest.raises(ValueError, match="one nearest attack for each norm"):
        budget_toy({"L2": {0.1: PGD(0.1)}}, {"L-infinity": PGD(0.2)})
