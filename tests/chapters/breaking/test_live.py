"""What the page computes on the spot, on networks of which every number can be worked out."""

import pytest
import torch
from torch import nn

from robustlib.chapters.breaking import live
from robustlib.datasets import Split
from robustlib.models import Classifier, NearestOracles


class Draws(nn.Module):
    """Says 1 where a draw of random numbers says so."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        says = (torch.rand(len(x)) > 0.5).float()
        return torch.stack([1 - says, says], 1)


def line() -> Classifier:
    """Two pixels are the embedding; one example of each class at (0, 0) and (1, 0)."""
    oracles = torch.tensor([[0.0, 0.0], [1.0, 0.0]]), torch.tensor([0, 1])
    return Classifier(nn.Flatten(), NearestOracles(*oracles, classes=2)).eval()


def image(*pixels: float) -> torch.Tensor:
    return torch.tensor([float(pixel) for pixel in pixels]).reshape(1, 1, 1, 2)


def test_read_right_counts_each_set():
    x = torch.cat([image(0.1, 0), image(0.2, 0), image(0.9, 0)])
    y = torch.tensor([0, 0, 1])
    moved = torch.cat([image(0.6, 0), image(0.2, 0), image(0.9, 0)])
    assert live.read_right(line(), y, clean=x, attacked=moved, flipped=1 - x) == {
        "clean": 3, "attacked": 2, "flipped": 0,
    }  # fmt: skip


def test_a_network_that_draws_draws_the_same_for_every_set():
    x, y = torch.zeros(64, 1, 1, 2), torch.ones(64, dtype=torch.long)
    found = live.read_right(Draws(), y, first=x, second=x)
    assert found["first"] == found["second"] and 0 < found["first"] < 64


def test_class_means_are_those_of_the_first_images():
    x = torch.cat([image(0.0, 0.2), image(0.4, 0.0), image(1.0, 1.0), image(0.0, 0.0)])
    split = Split((255 * x).round().to(torch.uint8), torch.tensor([0, 0, 1, 1]), "by hand")
    found = live.class_means(line(), split, 3)
    assert torch.allclose(found, torch.tensor([[0.2, 0.1], [1.0, 1.0]]), atol=1e-6)


def test_on_the_way_both_distances_are_those_of_the_place():
    at, found = live.distances_on_the_way(line(), image(0, 0), torch.tensor([0]), {"there": image(0.8, 0)}, 5)
    assert at == pytest.approx([0, 0.25, 0.5, 0.75, 1])
    assert found["own class, there"] == pytest.approx([0, 0.2, 0.4, 0.6, 0.8], abs=1e-5)
    assert found["nearest other class, there"] == pytest.approx([1, 0.8, 0.6, 0.4, 0.2], abs=1e-5)


def test_the_valley_is_what_the_detector_holds_against_the_image_parted_where_the_answer_changes():
    at, found = live.valley(
        line(), lambda x: -(x[:, 0, 0, 0] - 0.5).abs(), image(0, 0), torch.tensor([0]), image(1, 0), 5
    )
    right, wrong = found["read right"], found["misread"]
    assert len(at) == 5 and right[:2] == pytest.approx([0.5, 0.25]) and wrong[3:] == pytest.approx([0.25, 0.5])
    assert all(v != v for v in (*right[3:], *wrong[:2])), "each stretch has its own line"


def test_a_way_of_one_point_or_of_several_images_is_refused():
    with pytest.raises(ValueError, match="2 points or more"):
        live.way(lambda x: x, image(0, 0), image(1, 0), 1)
    two = torch.cat([image(0, 0), image(0, 1)])
    with pytest.raises(ValueError, match="one way needs one image"):
        live.valley(line(), lambda x: x.sum((1, 2, 3)), two, torch.tensor([0, 0]), two)


@pytest.mark.bad_input
def test_a_way_between_images_of_two_shapes_is_refused():
    with pytest.raises(ValueError, match="images of one shape"):
        live.way(lambda x: x, image(0, 0), torch.zeros(2, 1, 1, 2))
