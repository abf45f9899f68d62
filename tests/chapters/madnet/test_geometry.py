"""Margin, Jacobian, ratio, clusters and gradients of seven images, worked out by hand."""

import math

import pytest
import torch
from chapters.madnet.two_pixels import SEVEN, stretched, subject

from robustlib.chapters.madnet.geometry import (
    PLAIN,
    SMOOTHED,
    Geometry,
    centre_distances,
    gradient_rows,
    middle_row,
    to_other_classes,
)
from robustlib.evaluation import wilson
from robustlib.experiments import one

# In the embedding: (0, 0), (0, 0.8), (0.6, 0.8) and (3, 0), (3, 0.8), (2.4, 0), (2.4, 0.8).
MARGINS = [2.4, 2.4, 1.8, math.hypot(2.4, 0.8), 2.4, math.hypot(1.8, 0.8), 1.8]  # sorted 1.8, 1.8, 1.97, 2.4, ...


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    return Geometry(images=2, drawn=7)(subject(stretched(), SEVEN, tmp_path_factory.mktemp("on"))).rows


def test_margin_is_to_the_nearest_of_another_class(rows) -> None:
    z = torch.tensor([[0.0, 0.0], [0.0, 0.8], [0.6, 0.8], [3.0, 0.0], [3.0, 0.8], [2.4, 0.0], [2.4, 0.8]])
    assert to_other_classes(z, SEVEN.y).tolist() == pytest.approx(MARGINS)
    assert one(rows, metric="eta").value == pytest.approx(1.8, rel=1e-3) and one(rows, metric="eta").n == 7
    margin = one(rows, metric="margin")
    assert (margin.value, margin.low, margin.high) == pytest.approx((2.4, 1.97, 2.4), rel=1e-3)


def test_the_ratio_is_margin_over_jacobian_of_the_first_images_against_all(rows) -> None:
    jacobian, ratio = one(rows, metric="Jacobian norm"), one(rows, metric="margin over Jacobian")
    assert (jacobian.value, jacobian.n, ratio.n) == (pytest.approx(5.0), 2, 2)
    assert ratio.value == pytest.approx(2.4 / 5, rel=1e-3), "both have the nearest of all seven at 2.4"


def test_clusters(rows) -> None:
    # Means (0.2, 1.6 / 3) and (2.7, 0.4). Of class 1 each image is 0.5 from its mean.
    first = [math.hypot(0.2 - a, 1.6 / 3 - b) for a, b in ((0, 0), (0, 0.8), (0.6, 0.8))]
    apart, wide = math.hypot(2.5, 1.6 / 3 - 0.4), sum(first) / 3
    assert one(rows, metric="cluster variance").value == pytest.approx((wide + 0.5) / 2, rel=1e-3)
    assert one(rows, metric="cluster distance").value == pytest.approx(apart, rel=1e-3)
    assert one(rows, metric="Davies-Bouldin index").value == pytest.approx((wide + 0.5) / apart, rel=1e-3)
    (a, b), (c, d) = one(rows, metric="cluster distance").series["centroids"]
    assert (a, d) == (0, 0) and b == c == pytest.approx(apart, rel=1e-3)
    drawn = one(rows, metric="Davies-Bouldin index").series["map"]
    assert len(drawn["x"]) == len(drawn["y"]) == 7 and drawn["label"] == SEVEN.y.tolist()
    three = centre_distances(torch.tensor([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0]]), torch.tensor([2, 0, 1]))
    assert three == [[0, 5, 3], [5, 0, 4], [3, 4, 0]], "in the order of the labels"


def test_gradients_with_plain_and_with_smoothed_labels(rows) -> None:
    # The other logit is ahead by d = -3 at p = 0 or 1 (four images), and by -1.8 at 0.2 or 0.8: the slope is 6 in p.
    far, near = (1 / (1 + math.exp(d)) for d in (3.0, 1.8))
    plain, smoothed = (
        one(rows, metric="gradient norm", attack=PLAIN),
        one(rows, metric="gradient norm", attack=SMOOTHED),
    )
    assert plain.value == pytest.approx(6 * (4 * far + 3 * near) / 7, rel=1e-3)
    assert smoothed.value == pytest.approx(6 * (4 * (0.2 - far) + 3 * (0.2 - near)) / 7, rel=1e-3)
    mean, zero = gradient_rows(torch.tensor([0.0, 4.0, 0.0, 2.0, 2.0], dtype=torch.float64), PLAIN)
    assert mean.value == 1.6 and mean.series["quartiles"] == [0, 2, 2]
    assert (zero.metric, zero.value, zero.n, (zero.low, zero.high)) == ("zero gradients", 0.4, 5, wilson(2, 5))


def test_the_middle_half_and_what_is_infinite() -> None:
    row = middle_row("margin", torch.tensor([5.0, 1.0, 3.0, 2.0, 4.0]))
    assert (row.low, row.value, row.high, row.n) == (2, 3, 4, 5)
    row = middle_row("margin", torch.tensor([math.inf, 1.0, 2.0]))
    assert (row.low, row.value, row.high) == (None, 2, None)
    assert middle_row("margin", torch.tensor([math.inf, 1.0, math.inf])).value is None
    assert middle_row("margin", torch.zeros(0)).n == 0


def test_it_says_how_accurate_the_network_is(rows) -> None:
    assert one(rows, metric="accuracy").value == 1
