"""The measures of the table, with the numbers that must come out of ten images or fewer."""

import pytest
import torch
from chapters.ten_images import subject

from robustlib.chapters.one_table import distance_and_cost, own
from robustlib.chapters.one_table.distance_and_cost import median_row
from robustlib.chapters.one_table.own import Own
from robustlib.experiments import one
from robustlib.experiments.rows import unpack

INF = float("inf")


@pytest.mark.parametrize(
    ("lengths", "said"),
    [
        ([3.0, 1.0, 2.0], (2.0, 2.0, 3.0)),
        ([4.0, 1.0, 2.0, INF, 3.0], (3.0, 2.0, 4.0)),
        ([1.0, 2.0, INF, 3.0, INF], (3.0, None, None)),
        ([1.0, INF, INF], (None, None, None)),
        ([], (None, None, None)),
    ],
)
def test_the_median_length_counts_what_was_never_broken_as_far_away(lengths, said):
    row = median_row(torch.tensor(lengths), attack="DDN", norm="L2")
    assert (row.value, row.low, row.high) == said and row.n == len(lengths)


def test_own_attack_image_by_image(monkeypatch, tmp_path):
    """At 0.1 an attack that crosses the border breaks three of the nine that are right; at 0.3 five."""
    asked = []

    class Across:
        """Every first pixel goes towards the other side of 0.5 by all of eps."""

        def __init__(self, eps):
            self.eps = eps

        def __call__(self, model, x, y):
            toward = torch.where(model(x).argmax(1) == 1, -1.0, 1.0)
            x_adv = x.clone()
            x_adv[:, 0, 0, 0] = (x_adv[:, 0, 0, 0] + self.eps * toward).clamp(0, 1)
            return x_adv

    def attack(name, *given, eps):
        asked.append((name, given, eps))
        return Across(eps)

    monkeypatch.setattr(own.registry, "attack", attack)
    monkeypatch.setattr(own, "under_attack", without_file(own.under_attack))
    rows = Own("across", lambda on: ("handed",), radii=(0.1, 0.3), defense="read so")(subject(tmp_path)).rows
    assert asked == [("across", ("handed",), 0.1), ("across", ("handed",), 0.3)]
    assert [(row.value, row.n, row.eps, row.defense) for row in rows] == [
        (0.6, 10, 0.1, "read so"), (0.4, 10, 0.3, "read so"),
    ]  # fmt: skip
    assert unpack(rows[0].bits, 10).tolist() == [True] * 6 + [False] * 4


def without_file(under_attack):
    """A class of this file has no description that a checkpoint could carry."""
    return lambda *a, checkpoint=None, **k: under_attack(*a, **k)


def test_clean_accuracy_is_of_all_images_and_the_distance_of_the_first(monkeypatch, tmp_path):
    """Nine of the first ten are right, and the two behind them wrong; two of the nine never break."""
    monkeypatch.setattr(distance_and_cost, "passes", lambda on: 1408)
    rows = distance_and_cost.DistanceAndCost()(subject(tmp_path)).rows
    clean = one(rows, metric="accuracy")
    assert (clean.value, clean.n, clean.images) == (9 / 12, 12, "all test images")
    assert one(rows, metric="passes of an image").value == 11.0
    nearest = one(rows, metric="distortion")
    # Away from 0.5, sorted: 0.029, 0.049, 0.053, 0.249, 0.249, 0.351, 0.351; two more have no gradient at all.
    assert (nearest.n, nearest.norm, nearest.attack) == (9, "L2", "DDN")
    assert (nearest.low, nearest.value, nearest.high) == pytest.approx((0.053, 0.249, 0.351), abs=0.005)
