"""The figures of the chapter on attacks: the tree, the two questions, cost and distance."""

import re

import numpy as np
import pytest
import torch
from bs4 import BeautifulSoup

from robustlib.attacks import PGD
from robustlib.figures import budget_toy, cost_curves, distance_curves, family_tree
from robustlib.figures.toys.attack_family import KINDS, KINS, Kin
from robustlib.figures.toys.budget import Wave
from robustlib.geometry import L2, Linf

RADII = (0.0, 0.1, 0.2, 0.3)


def test_every_attack_stands_once_below_its_parent():
    page = BeautifulSoup(family_tree()._repr_html_(), "html.parser")
    assert [b.text for b in page.find_all("b")] == [
        line.strip().split(":")[0] for line in repr(family_tree()).split("\n")
    ]
    assert sorted(b.text for b in page.find_all("b")) == sorted(k.name for k in KINS)
    for kin in KINS:
        item = next(b.parent for b in page.find_all("b") if b.text == kin.name)
        above = item.find_parent("li")
        assert (above.b.text if above else "") == kin.parent
        assert item.find("span")["title"] == KINDS[kin.kind]


def test_a_child_before_its_parent():
    with pytest.raises(ValueError, match="does not come before"):
        family_tree([Kin("b", "a", "in", "x", "y"), Kin("a", "", "in", "x", "y")])


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


def test_curves_say_what_they_draw():
    made = cost_curves(
        {"BIM": {1: (0.9, 0.85, 0.95), 10: (0.6, 0.5, 0.7)}, "Square": {10: (0.8, 0.7, 0.9)}},
        floor=("worst case", (0.5, 0.4, 0.6)), caption="Lower is stronger.",
    )  # fmt: skip
    assert "BIM: 90.0 % after 1, 60.0 % after 10" in made.alt and "worst case: 50.0 %" in made.alt


def test_failures_keep_the_curve_up():
    made = distance_curves(
        {"DDN": [0.0, 1.0, 2.0, None], "C&W": [0.0, 1.0, 1.5, 2.0]}, {"PGD": {1.0: (0.5, 0.2, 0.8)}}, caption="x"
    )
    assert "DDN: median distance 1.50, 1 failures" in made.alt and "PGD: 50 % at 1" in made.alt
    assert np.frombuffer(made.webp[:4], np.uint8).tobytes() == b"RIFF"
