"""Detection against scikit-learn, DeLong's sums written out, a bootstrap, and arithmetic on hand-placed scores."""

import json
from math import inf, nan, sqrt

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from robustlib.attacks.detector_aware import threshold_at
from robustlib.evaluation import Detection, pairs, wilson
from robustlib.evaluation.roc import RATES, histogram

NORMAL = torch.tensor([0.0, 1.0, 2.0, 2.0, 3.0, 4.0, 5.0, 6.0])
ADVERSARIAL = torch.tensor([-3.0, -1.0, 0.0, 2.0])


def drawn(m: int, n: int, seed: int = 0, shift: float = 1.0, step: float = 0.0) -> Detection:
    """Normal and shifted scores; with a step they are rounded, so that many tie."""
    generator = torch.Generator().manual_seed(seed)
    normal, adversarial = torch.randn(m, generator=generator), 1.5 * torch.randn(n, generator=generator) - shift
    if step:
        normal, adversarial = (normal / step).round() * step, (adversarial / step).round() * step
    return Detection(normal, adversarial)


def for_sklearn(of: Detection) -> tuple[np.ndarray, np.ndarray]:
    """Adversarial is the positive class, and its score is high where ours is low."""
    labels = np.r_[np.zeros(len(of.normal)), np.ones(len(of.adversarial))]
    return labels, -torch.cat([of.normal, of.adversarial]).double().numpy()


CASES = {
    "distinct": (300, 200, 0.0),
    "ties": (300, 200, 0.5),
    "mostly ties": (70, 400, 2.0),
    "one adversarial": (50, 1, 0.0),
    "one each": (1, 1, 0.0),
}
every_case = pytest.mark.parametrize("case", CASES)


@every_case
@pytest.mark.parametrize("shift", [1.0, -0.7], ids=["above", "below half"])
def test_the_auc_is_scikit_learns(case, shift):
    from sklearn.metrics import roc_auc_score

    m, n, step = CASES[case]
    of = drawn(m, n, shift=shift, step=step)
    assert of.auc == pytest.approx(roc_auc_score(*for_sklearn(of)), abs=1e-9)


@every_case
def test_the_whole_curve_is_scikit_learns(case):
    from sklearn.metrics import roc_curve

    m, n, step = CASES[case]
    of = drawn(m, n, step=step)
    theirs = roc_curve(*for_sklearn(of), drop_intermediate=False)
    false, true, threshold = of.roc(points=10_000)
    np.testing.assert_allclose(np.stack([false, true]), np.stack(theirs[:2]), rtol=0, atol=1e-9)
    assert threshold[-1] == inf and threshold == sorted(set(threshold))
    for f, t, at in zip(false, true, threshold, strict=True):
        assert f == (of.normal.double() < at).double().mean() and t == (of.adversarial.double() < at).double().mean()


SCORES = st.lists(st.sampled_from([-inf, -2.0, 0.0, 0.5, 1.0, 3.0, inf]), min_size=1, max_size=12)


@settings(max_examples=60)
@given(SCORES, SCORES)
def test_every_pair_counts_also_infinite_ones(normal, adversarial):
    of = Detection(torch.tensor(normal), torch.tensor(adversarial))
    slow = sum((a > b) + 0.5 * (a == b) for a in normal for b in adversarial) / (len(normal) * len(adversarial))
    assert of.auc == pytest.approx(slow, abs=1e-12)
    low, high = of.interval
    assert 0 <= low <= of.auc + 1e-9 and of.auc - 1e-9 <= high <= 1 and high - low > 1e-9
    swapped = Detection(of.adversarial, of.normal)
    assert swapped.auc == pytest.approx(1 - of.auc, abs=1e-12)
    assert swapped.interval == pytest.approx((1 - high, 1 - low), abs=1e-9)
    false, true, _ = of.roc(10_000)
    assert (false[0], true[0], false[-1], true[-1]) == (0, 0, 1, 1)
    area = torch.trapezoid(torch.tensor(true), torch.tensor(false)).item()
    assert area == pytest.approx(slow, abs=1e-5)
    json.dumps(of.record(), allow_nan=False)


def delong(of: Detection) -> float:
    """The standard error by equation 5 of DeLong et al. 1988, with plain loops."""
    x, y = of.normal.tolist(), of.adversarial.tolist()
    psi = [[1.0 if a > b else 0.5 if a == b else 0.0 for b in y] for a in x]
    auc = sum(map(sum, psi)) / (len(x) * len(y))
    v10 = [sum(row) / len(y) for row in psi]
    v01 = [sum(row[j] for row in psi) / len(x) for j in range(len(y))]
    s10 = sum((v - auc) ** 2 for v in v10) / (len(x) - 1)
    s01 = sum((v - auc) ** 2 for v in v01) / (len(y) - 1)
    return sqrt(s10 / len(x) + s01 / len(y))


@pytest.mark.parametrize("step", [0.0, 0.7], ids=["distinct", "ties"])
def test_the_interval_is_delongs(step):
    of = drawn(40, 60, step=step)
    half = 1.959963984540054 * delong(of)
    assert of.interval == pytest.approx((of.auc - half, of.auc + half), abs=1e-9)


def test_a_bootstrap_finds_the_same_spread():
    of = drawn(150, 100, seed=3)
    generator = torch.Generator().manual_seed(0)
    again = [
        Detection(*(s[torch.randint(len(s), (len(s),), generator=generator)] for s in (of.normal, of.adversarial))).auc
        for _ in range(1500)
    ]
    low, high = np.quantile(again, [0.025, 0.975])
    assert of.interval == pytest.approx((low, high), abs=0.012)
    assert of.interval[1] - of.interval[0] == pytest.approx(high - low, rel=0.1)


def test_the_interval_is_clipped():
    of = Detection(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0.0, 0.5, 1.5]))
    assert of.auc == pytest.approx(8 / 9) and of.interval[1] == 1.0 and 0 < of.interval[0] < of.auc


@pytest.mark.parametrize(("m", "n"), [(50, 20), (20, 50), (1, 1), (1, 9)])
def test_a_perfect_order_has_the_interval_of_as_many_pairs(m, n):
    high, low = torch.arange(m) + 100.0, torch.arange(n) * 1.0
    fewer = min(m, n)
    assert Detection(high, low).auc == 1 and Detection(high, low).interval == wilson(fewer, fewer)
    assert Detection(low, high).auc == 0 and Detection(low, high).interval == wilson(0, fewer)


def test_a_constant_detector_is_worth_one_half():
    of = Detection(torch.ones(30), torch.ones(21))
    assert of.auc == 0.5 and of.interval == (wilson(10, 21)[0], wilson(11, 21)[1])
    assert of.caught(0.05)[0] == 0 and of.refused(0.05) == 0
    assert of.roc() == ([0, 1], [0, 1], [1, inf])


class Brightness:
    """Scores an image by its mean pixel."""

    def score(self, x):
        return x.flatten(1).mean(1)


@pytest.mark.parametrize("rate", [0, 0.01, 0.05, 0.29, 0.5, 0.999])
@pytest.mark.parametrize("n", [1, 7, 100])
def test_the_threshold_is_the_one_attacks_face(rate, n):
    x = torch.rand(n, 1, 2, 2, generator=torch.Generator().manual_seed(n))
    score = Brightness().score(x)
    assert Detection(score, score - 1).threshold(rate) == threshold_at(Brightness(), x, rate)
    assert Detection(score - 3, score - 1, score).threshold(rate) == threshold_at(Brightness(), x, rate)


def test_a_share_a_hair_below_one_refuses_all_but_the_highest():
    of = Detection(torch.tensor([1.0, 3.0, 2.0]), torch.tensor([0.0]))
    assert of.threshold(1 - 1e-12) == 3.0


def test_shares_by_hand():
    of = Detection(NORMAL, ADVERSARIAL)
    assert of.threshold(0.25) == 2.0, "the third smallest: two of eight lie below"
    assert of.refused(0.25) == 0.25 and of.caught(0.25) == (0.75, *wilson(3, 4)), "2.0 itself is accepted"
    assert of.caught(0) == (0.5, *wilson(2, 4)) and of.refused(0) == 0
    other = Detection(NORMAL, ADVERSARIAL, held_out=torch.tensor([2.5, 2.5]))
    assert other.threshold(0.25) == 2.5 and other.refused(0.25) == 0.5 and other.caught(0.25)[0] == 1
    assert other.auc == of.auc and other.roc() == of.roc()


@pytest.mark.parametrize("points", [2, 3, 23, 41, 101])
def test_a_short_curve_is_on_the_curve_and_near_it(points):
    of = drawn(3000, 2000, seed=1, shift=2.0)
    whole = of.roc(10_000)
    short = of.roc(points)
    assert len(short[0]) == points and set(zip(*short, strict=True)) <= set(zip(*whole, strict=True))
    assert short[0][0] == short[1][0] == 0 and short[0][-1] == short[1][-1] == 1
    assert all(column == sorted(column) for column in short)
    if points >= 23:
        off = np.abs(np.interp(whole[0], short[0], short[1]) - whole[1])[1:-1]
        assert off[np.array(whole[0])[1:-1] > 0].max() < 0.05
    if points > 40:
        assert set(short[0]) >= {int(rate * 3000 + 1e-6) / 3000 for rate in RATES}, "each rate has its point"


def test_a_record_is_plain_data_and_says_what_the_methods_say():
    of = drawn(800, 500, seed=2)
    held = Detection(of.normal, of.adversarial, of.normal[:400] + 0.1)
    record = json.loads(json.dumps(held.record(), allow_nan=False))
    assert (record["auc"], record["low"], record["high"]) == (of.auc, *of.interval)
    assert (record["n"], record["normal"]) == (500, 800)
    for rate in (0.01, 0.05):
        assert tuple(record["caught"][f"{rate:g}"].values()) == held.caught(rate) != of.caught(rate)
        refused = record["refused"][f"{rate:g}"]
        assert refused["share"] == held.refused(rate)
        assert (refused["low"], refused["high"]) == wilson(round(800 * refused["share"]), 800)
    curve = held.roc(41)
    assert len(record["roc"]["false"]) == 41 and record["roc"]["threshold"][-1] is None
    np.testing.assert_allclose(record["roc"]["false"], curve[0], atol=5e-5)
    np.testing.assert_allclose(record["roc"]["true"], curve[1], atol=5e-5)
    np.testing.assert_allclose(record["roc"]["threshold"][:-1], curve[2][:-1], rtol=1e-8)
    assert sum(record["histogram"]["normal"]) == 800 and sum(record["histogram"]["adversarial"]) == 500
    assert len(json.dumps(record)) < 4000


def test_bins_count_what_lies_between_their_edges():
    of = drawn(500, 400, seed=4)
    found = histogram(of.normal.double(), of.adversarial.double())
    edges = np.array(found["edges"])
    assert len(edges) == 25 and np.allclose(np.diff(edges, 2), 0, atol=1e-6)
    edges[0], edges[-1] = -inf, inf
    for name in ("normal", "adversarial"):
        assert found[name] == np.histogram(getattr(of, name).double().numpy(), edges)[0].tolist()


def test_equal_scores_have_bins_of_width_1_around_them():
    found = histogram(torch.full((3,), 5.0).double(), torch.full((2,), 5.0).double())
    assert (found["edges"][0], found["edges"][12], found["edges"][-1]) == (4.5, 5.0, 5.5)
    assert found["normal"][12] == 3 and found["adversarial"][12] == 2


def test_far_scores_do_not_widen_the_bins():
    normal = torch.linspace(-4, 0, 101).double()
    near = histogram(normal, torch.linspace(-8, -3, 50).double())
    far = histogram(normal, torch.tensor([-inf, -1e6, -9.0, -3.0, inf]).double())
    assert near["edges"][0] == -8, "no empty bins beyond the lowest score"
    assert -12 < far["edges"][0] < -9 and far["edges"][-1] <= 2, "the clean scores keep a good part of the bins"
    assert far["adversarial"][0] == 2 and far["adversarial"][-1] == 1 and sum(far["adversarial"]) == 5
    assert sum(histogram(torch.ones(3).double(), torch.ones(2).double())["normal"]) == 3
    assert sum(histogram(torch.full((3,), inf).double(), torch.full((2,), -inf).double())["adversarial"]) == 2


@pytest.mark.parametrize("sizes", [(8, 0), (0, 0), (0, 4)], ids=["no adversarial", "nothing", "no normal"])
def test_an_empty_set_has_a_record_and_nothing_else(sizes):
    m, n = sizes
    of = Detection(NORMAL[:m], ADVERSARIAL[:n])
    record = of.record()
    assert (record["n"], record["normal"]) == (n, m) and set(record) == set(Detection(NORMAL, ADVERSARIAL).record())
    assert all(value is None for key, value in record.items() if key not in ("n", "normal"))
    for call in (lambda: of.auc, lambda: of.interval, lambda: of.caught(0.05), lambda: of.refused(0.05), of.roc):
        with pytest.raises(ValueError, match=f"{m} normal and {n} adversarial|no held-out score"):
            call()


@pytest.mark.parametrize("name", ["normal", "adversarial", "held_out"])
def test_scores_that_are_not_a_number(name):
    scores = {"normal": NORMAL, "adversarial": ADVERSARIAL, name: torch.tensor([1.0, nan])}
    with pytest.raises(ValueError, match=f"{name} must be .* never NaN, got NaN"):
        Detection(**scores)


@pytest.mark.bad_input
@pytest.mark.parametrize(
    "wrong", [torch.zeros(3, 1), torch.zeros(3).long(), torch.tensor(1.0)], ids=["2-d", "int", "0"]
)
def test_scores_of_another_shape_or_type(wrong):
    with pytest.raises(ValueError, match=r"adversarial must be one float score per image .*got torch\."):
        Detection(NORMAL, wrong)


@pytest.mark.parametrize("rate", [-0.1, 1.0, 5.0, nan])
def test_shares_that_are_none(rate):
    for call in (Detection(NORMAL, ADVERSARIAL).threshold, Detection(NORMAL, ADVERSARIAL).caught):
        with pytest.raises(ValueError, match=r"must lie in \[0, 1\)"):
            call(rate)


def test_thresholds_and_curves_need_something_to_stand_on():
    with pytest.raises(ValueError, match="no held-out score"):
        Detection(NORMAL, ADVERSARIAL, torch.zeros(0)).threshold(0.05)
    with pytest.raises(ValueError, match="points=1"):
        Detection(NORMAL, ADVERSARIAL).roc(1)


class Bright(nn.Module):
    """Class 1 where the mean pixel is above one half."""

    def forward(self, x):
        above = x.flatten(1).mean(1) - 0.5
        return torch.stack([-above, above], 1)


@pytest.mark.parametrize("batch", [1, 3, 100])
def test_pairs_are_right_before_and_wrong_after(batch):
    before, after = torch.tensor([0.1, 0.2, 0.9, 0.8, 0.3]), torch.tensor([0.9, 0.3, 0.1, 0.9, 0.1])
    x, x_adv = (pixel[:, None, None, None].expand(-1, 1, 2, 2) for pixel in (before, after))
    y = torch.tensor([0, 0, 1, 1, 1])  # the last one is wrong from the start
    assert pairs(Bright(), x, x_adv, y, batch).tolist() == [True, False, True, False, False]
    assert pairs(Bright(), x[:0], x_adv[:0], y[:0]).shape == (0,)


@pytest.mark.bad_input
def test_pairs_of_different_length():
    x = torch.rand(4, 1, 2, 2)
    with pytest.raises(ValueError, match=r"one attacked image for each image, got \(4, 1, 2, 2\) and \(3, 1, 2, 2\)"):
        pairs(Bright(), x, x[:3], torch.zeros(4).long())
    with pytest.raises(ValueError, match=r"4 integer labels .* got torch.int64 of shape \(3,\)"):
        pairs(Bright(), x, x, torch.zeros(3).long())


def test_a_share_that_binary_floats_just_miss_refuses_as_many_as_it_says() -> None:
    scores = torch.arange(100.0) / 128  # pixels, and no rounding
    of = Detection(scores, scores)
    for share, threshold in ((0.29, 29), (0.05, 5), (1 - 1e-12, 99)):
        assert of.threshold(share) == threshold / 128
        assert threshold_at(Brightness(), scores.view(100, 1, 1, 1), share) == threshold / 128
