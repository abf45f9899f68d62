"""Rows of a detector on ten hand-made scores a side, every number worked out by hand."""

import pytest
import torch
from torch import nn

from robustlib.evaluation import Detection, Outcome, wilson
from robustlib.experiments.adversarial_examples import AdversarialExamples
from robustlib.experiments.detector_rows import BROKEN, before_and_after, detection_rows, quantile_row, share_row
from robustlib.experiments.rows import one, select

# Clean 1 ... 10. Adversarial: of a hundred pairs, those above it are 10 - below, ties count half:
#   -1, 0, 0.5 -> 10 each; 1 -> 9.5; 2.5 -> 8; 3.5 -> 7; 5.5 -> 5; 7.5 -> 3; 9.5 -> 1; 11 -> 0: together 63.5
CLEAN = torch.arange(1.0, 11)
ADVERSARIAL = torch.tensor([-1, 0, 0.5, 1, 2.5, 3.5, 5.5, 7.5, 9.5, 11])
# A hundred held-out scores 0.1, 0.2, ..., 10: at 1 % the threshold is the second, 0.2; at 5 % the sixth, 0.6.
HELD_OUT = torch.arange(1, 101) / 10


@pytest.fixture
def rows():
    return detection_rows(Detection(CLEAN, ADVERSARIAL, HELD_OUT), defense="density", attack="FGSM", eps=0.1)


def test_the_area_under_the_curve(rows):
    row = one(rows, metric="AUC")
    assert row.value == pytest.approx(0.635) and row.n == 10 and row.low < 0.635 < row.high
    assert (row.defense, row.attack, row.eps, row.images) == ("density", "FGSM", 0.1, BROKEN)
    assert set(row.series) == {"roc", "histogram"}


@pytest.mark.parametrize(
    ("metric", "level", "hits"),
    [("detection rate", 0.01, 2), ("detection rate", 0.05, 3),  # -1, 0; and 0.5
     ("false positive rate", 0.01, 0), ("false positive rate", 0.05, 0)],
)  # fmt: skip
def test_rates_at_a_threshold_of_the_held_out_images(rows, metric, level, hits):
    row = one(rows, metric=metric, false_positives=level)
    assert (row.value, row.n, row.low, row.high) == (hits / 10, 10, *wilson(hits, 10))


def test_false_positives_are_those_of_the_clean_images():
    found = detection_rows(Detection(CLEAN - 1.45, ADVERSARIAL[:4], HELD_OUT), defense="d", attack="a")
    row = one(found, metric="false positive rate", false_positives=0.05)
    assert (row.value, row.n) == (0.2, 10), "-0.45 and 0.55 lie below 0.6"
    assert one(found, metric="detection rate", false_positives=0.05).n == 4


def test_without_curves_and_where_nothing_was_broken():
    bare = detection_rows(Detection(CLEAN, ADVERSARIAL, HELD_OUT), curves=False, defense="d", attack="a")
    assert one(bare, metric="AUC").series == {}
    empty = detection_rows(Detection(torch.zeros(0), torch.zeros(0), HELD_OUT), defense="d", attack="a")
    assert {row.value for row in empty} == {None} and len(empty) == 5
    assert one(empty, metric="AUC").n == 0 and len(select(empty, n=0)) == 5


class Brightness(nn.Module):
    """Darker is less normal."""

    def score(self, x):
        return x.flatten(1).mean(1)


def test_scores_are_of_the_images_that_were_broken():
    x = torch.arange(10)[:, None, None, None].expand(10, 1, 2, 2) / 10
    right = torch.tensor([1, 1, 1, 0, 0, 1, 1, 1, 1, 1]).bool()
    after = torch.tensor([1, 0, 0, 0, 0, 1, 1, 1, 1, 0]).bool()
    made = AdversarialExamples(x, torch.zeros(10).long(), 0.5 * x, right,
                               Outcome(after, torch.zeros(10), torch.zeros(10), 0.0))  # fmt: skip
    found = before_and_after(Brightness(), made, HELD_OUT)
    assert found.normal.tolist() == pytest.approx([0.1, 0.2, 0.9])
    assert found.adversarial.tolist() == pytest.approx([0.05, 0.1, 0.45]) and found.held_out is HELD_OUT
    stands = AdversarialExamples(x, made.y, x, right, Outcome(right, torch.zeros(10), torch.zeros(10), 0.0))
    assert len(before_and_after(Brightness(), stands).adversarial) == 0


def test_quantiles_and_shares():
    row = quantile_row("distortion", torch.tensor([4.0, 1.0, 2.0, 3.0, 10.0]), attack="C&W")
    assert (row.value, row.low, row.high, row.n, row.series) == (3.0, 2.0, 4.0, 5, {"mean": 4.0})
    assert quantile_row("distortion", torch.zeros(0)).value is None
    share = share_row("undetected", 3, 10)
    assert (share.value, share.n, share.low, share.high) == (0.3, 10, *wilson(3, 10))
    assert (share_row("undetected", 0, 0).value, share_row("undetected", 0, 0).n) == (None, 0)
