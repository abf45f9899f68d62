"""The loss surface on a network whose margin is a sum of pixels: heights, border and path are known."""

from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

from robustlib.attacks import BIM, FGSM, PGD, DeepFool, Noise
from robustlib.figures import loss_surface
from robustlib.figures.toys.loss_surface import APART, numbered
from robustlib.geometry import L2
from robustlib.models import lenet5


class Line(nn.Module):
    """The margin of class 0 is the sum of the pixels less 2.2."""

    def __init__(self) -> None:
        super().__init__()
        self.idle = nn.Dropout()

    def forward(self, x: Tensor) -> Tensor:
        above = x.flatten(1).sum(1) - 2.2
        return torch.stack([torch.zeros_like(above), above], 1)


X, Y = torch.full((1, 1, 2, 2), 0.5), torch.tensor([0])


def test_words_follow_from_the_attack(drawings: list[Figure]) -> None:
    model = Line().train()
    made = loss_surface(model, X, Y, BIM(0.1, steps=5, alpha=0.03), caption="Up.")
    assert model.idle.training, "the modes are put back"
    assert made.alt.endswith("path of BIM in 5 steps, from -0.20 to 0.20; it is misread from step 2 on.")
    assert "Cross: the image. Dots: BIM, step by step." in made.caption and "Colour: the loss." in made.caption
    assert "on average 0 % of a step's L2 distance" in made.caption, "all pixels rise together: the path is straight"
    assert made.caption.startswith("Up. L-infinity, eps = 0.1, one image, seed 0; it is misread from step 2 on.")
    numbers = [text.get_text() for text in drawings[0].axes[0].texts]
    assert numbers == ["0", "5", "1", "2"], "step 3 is too near to the last"


def test_an_image_that_stands() -> None:
    assert loss_surface(Line(), X, Y, FGSM(0.04), points=11).alt.endswith("no step is misread.")


def test_points_outside_the_ball_are_brought_back(drawings: list[Figure]) -> None:
    """The largest loss inside the ball is 0.2: no level of the surface lies beyond it."""
    loss_surface(Line(), X, Y, PGD(0.1, steps=5))
    bar = drawings[0].axes[1]
    assert bar.get_xlim() == pytest.approx((-0.7, 0.3)), "from -0.6 to 0.2; without the ball it were -1 to 0.6"
    assert drawings[0].axes[0].get_aspect() == 1


def test_numbers_do_not_cover_one_another() -> None:
    path = np.stack([1 - 0.7 ** np.arange(41), 0.7 ** np.arange(41)], 1)
    shown = path[numbered(path)]
    assert {0, 40} <= set(numbered(path)) and len(shown) > 3
    gaps = np.abs(shown[:, None] - shown[None]).max(2) + np.eye(len(shown))
    assert gaps.min() >= APART


def test_the_same_seed_gives_the_same_picture() -> None:
    torch.manual_seed(0)
    model, x, y = lenet5().eval(), torch.rand(1, 1, 28, 28), torch.tensor([3])
    first, again, other = (
        loss_surface(model, x, y, PGD(0.3, steps=5), loss="cross-entropy", points=21, seed=seed)._repr_html_()
        for seed in (0, 0, 1)
    )
    assert first == again != other


@pytest.mark.parametrize(
    ("attack", "changed", "said"),
    [(PGD(0.1, 2), {"loss": "hinge"}, "need a loss of margin, cross-entropy"),
     (PGD(0.1, 2), {"points": 5}, "points >= 11"), (PGD(0.1, 2, norm=L2()), {}, "L-infinity norm"),
     (DeepFool(), {}, "a radius eps"),
     (PGD(0.1, 2), {"x": X.expand(2, -1, -1, -1), "y": Y.expand(2)}, "one image, got 2"),
     (Noise(0.0), {}, "did not move the image"), (PGD(0.1, 2), {"across": torch.ones(3)}, "shape of the image")],
)  # fmt: skip
def test_what_cannot_be_drawn(attack: Any, changed: dict[str, Any], said: str) -> None:
    words = {"x": X, "y": Y} | changed
    with pytest.raises(ValueError, match=said):
        loss_surface(Line(), words.pop("x"), words.pop("y"), attack, **words)
