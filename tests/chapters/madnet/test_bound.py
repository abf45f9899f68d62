"""The bound beside the least distortion on seven images, of which an affine network gives every number."""

import math

import pytest
import torch
from chapters.madnet.two_pixels import SEVEN, stretched, subject

from robustlib.chapters.madnet.bound import DECISION, FOUND, LOGITS, OWN, PRINTED, Bound, bound_rows, least
from robustlib.evaluation import Outcome, wilson
from robustlib.experiments import one
from robustlib.experiments.adversarial_examples import AdversarialExamples

RATIOS = [m / 5 for m in (2.4, 2.4, 1.8, math.hypot(2.4, 0.8), 2.4, math.hypot(1.8, 0.8), 1.8)]
NEEDED = [0.5, 0.5, 0.3, 0.5, 0.5, 0.3, 0.3]  # to p = 0.5


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    quick = Bound(among=7, steps=30, searches=2, walks=5)
    return quick(subject(stretched(), SEVEN, tmp_path_factory.mktemp("on"))).rows


def test_the_distortion_is_that_of_the_nearest_attack(rows) -> None:
    found = one(rows, metric="distortion", attack=FOUND)
    assert found.series["found"] == pytest.approx(NEEDED, rel=2e-3) and found.series["image"] == list(range(7))
    assert (found.low, found.value, found.high, found.n) == pytest.approx((0.3, 0.5, 0.5, 7), rel=2e-3)
    for attack in ("DDN", "C&W", "FAB", "DeepFool"):
        assert one(rows, metric="distortion", attack=attack).value >= found.value


def test_each_form_of_the_bound(rows) -> None:
    series = one(rows, metric="distortion", attack=FOUND).series
    assert series[OWN] == pytest.approx(RATIOS, rel=2e-3)
    assert series[PRINTED] == pytest.approx([1.8 / 5] * 7, rel=2e-3)
    assert series[LOGITS] == pytest.approx([0.8, 0.8, 0.6, 0.8, 0.8, 0.6, 0.6], rel=2e-3)
    assert series[DECISION] == pytest.approx(NEEDED, rel=2e-3), "tight on an affine network"


@pytest.mark.parametrize(("form", "hits"), [(OWN, 3), (PRINTED, 4), (LOGITS, 0)])
def test_on_how_many_images_it_holds(rows, form, hits) -> None:
    row = one(rows, metric="bound holds", defense=form)
    assert (row.value, row.low, row.high, row.n) == (hits / 7, *wilson(hits, 7), 7)


def test_an_affine_network_leaves_no_remainder(rows) -> None:
    for layer in ("features", "logits"):
        assert one(rows, metric="Taylor remainder", defense=layer).value < 1e-4


def test_a_bound_that_is_no_larger_holds_and_the_ratio_is_found_over_bound() -> None:
    bound, holds, ratio = bound_rows(torch.tensor([1.0, 2.0, 4.0, 1.0]), torch.tensor([1.0, 4.0, 1.0, 3.0]), OWN)
    assert holds.value == 0.75 and bound.low == 1
    assert ratio.low == 1 and ratio.high == 2, "of 1, 2, 0.25, 3"


def test_least_is_the_nearest_broken_image_of_those_that_were_right() -> None:
    right, y = torch.tensor([True, True, True, False]), torch.zeros(4, dtype=torch.int64)

    def made(stands: list[bool], l2: list[float], shade: float) -> AdversarialExamples:
        x, moved = torch.zeros(4, 1, 1, 1), torch.tensor(l2)
        outcome = Outcome(right & torch.tensor(stands), moved, moved, 0.0)
        return AdversarialExamples(x, y, torch.full_like(x, shade), right, outcome)

    first = made([False, False, True, False], [2.0, 1.0, 0.1, 0.1], 0.1)
    second = made([False, False, True, False], [1.0, 3.0, 0.2, 0.0], 0.9)
    x_adv, distance = least({"first": first, "second": second})
    assert distance.tolist() == [1.0, 1.0, math.inf, math.inf]
    assert x_adv[:2].flatten().tolist() == pytest.approx([0.9, 0.1])
