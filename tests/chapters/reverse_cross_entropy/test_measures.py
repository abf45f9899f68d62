"""Each measure on ten images, with the numbers worked out by hand."""

import math
from dataclasses import replace

import pytest
import torch
from chapters.reverse_cross_entropy.ten_images import (
    DARKER,
    FIRST,
    SecondPixel,
    dataset,
    made,
    network,
    pixels,
    subject,
)

from robustlib.chapters.reverse_cross_entropy import detector_scores
from robustlib.chapters.reverse_cross_entropy.adaptive import BOTH, TURNS, Adaptive, surviving
from robustlib.chapters.reverse_cross_entropy.black_box import transfer_rows
from robustlib.chapters.reverse_cross_entropy.detector_scores import CHOSEN, Plan, scored
from robustlib.chapters.reverse_cross_entropy.embedding_maps import spectrum_row
from robustlib.chapters.reverse_cross_entropy.known_detector import DENSITY, MEDIAN, USABLE, thresholds
from robustlib.chapters.reverse_cross_entropy.oblivious import (
    CERTAIN,
    CarliniWagnerSurvey,
    gradient_attacks,
    kappa_for,
    saliency,
)
from robustlib.chapters.reverse_cross_entropy.white_box import TUNED, WhiteBox, detected_rows
from robustlib.detectors import KernelDensity
from robustlib.evaluation import wilson
from robustlib.experiments.rows import one, select


class Brightness:
    """A detector whose score is the first pixel."""

    def score(self, x):
        return x[:, 0, 0, 0]


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    monkeypatch.setenv("ROBUSTLIB_CHECKPOINTS", str(tmp_path / "checkpoints"))


@pytest.fixture
def density():
    return KernelDensity.fit(network(), dataset().train, 1.0)


def test_the_median_is_of_training_images_and_the_usable_threshold_of_the_second_half():
    data = dataset()
    ramp = [(10 * i, 0, 0) for i in range(10)]
    x = torch.tensor(ramp, dtype=torch.uint8).reshape(-1, 1, 1, 3)
    data = replace(data, train=replace(data.train, x=x, y=torch.zeros(10, dtype=torch.int64)))
    found = thresholds(Brightness(), data, MEDIAN, USABLE)
    # Half of 0, 10, ..., 90 lies below 50; of 130, ..., 139 no more than one in twenty lies below 130.
    assert found == {MEDIAN: pytest.approx(50 / 255), USABLE: pytest.approx(130 / 255)} and (MEDIAN, USABLE) == (
        0.5,
        0.05,
    )


def test_detectors_are_scored_on_the_images_that_the_attack_broke(tmp_path, monkeypatch):
    monkeypatch.setattr(detector_scores, "GAMMAS", (1.0, 100.0))
    plan = Plan("to the second pixel", SecondPixel(), 10, "L2", eps=0.3, steps=7, curves=True)
    rows = scored(subject(tmp_path), 1.0, [plan]).rows
    of = {"attack": "to the second pixel", "norm": "L2", "eps": 0.3, "steps": 7}
    clean, after = one(rows, metric="accuracy", attack=""), one(rows, metric="accuracy", **of)
    assert (clean.value, clean.n, after.value, after.n) == (0.9, 10, 0.2, 10)  # 150 and 135 stay; one was never right
    assert (clean.low, clean.high) == wilson(9, 10) and (after.low, after.high) == wilson(2, 10)
    # Broken: 255, 240, ..., 165. Each is darker by 90 afterwards, so clean scores are higher but for one tie of 49.
    auc = one(rows, metric="AUC", defense=DENSITY, **of)
    assert (auc.value, auc.n) == (pytest.approx(48.5 / 49), 7) and auc.low < auc.value < auc.high
    # No held-out image may be rejected: the threshold is that of 130, and 120, 105, 90 and 75 lie below.
    for share in (0.01, 0.05):
        rate = one(rows, metric="detection rate", defense=DENSITY, false_positives=share, **of)
        assert (rate.value, rate.n) == (pytest.approx(4 / 7), 7) and (rate.low, rate.high) == wilson(4, 7)
        false = one(rows, metric="false positive rate", defense=DENSITY, false_positives=share, **of)
        assert (false.value, false.n) == (0.0, 7)
    # The images that serve choices lie on the centre, so they ask for the narrowest kernel.
    assert [r.value for r in select(rows, metric="gamma")] == [1.0, 100.0]
    assert set(auc.series) == {"roc", "histogram", "gamma"} and auc.series["gamma"]["1"]["auc"] == round(48.5 / 49, 5)
    moved = [(a, a - DARKER) for a in FIRST[:7]]
    sizes = sorted(math.hypot(*pair) / math.sqrt(3) for pair in moved)
    distortion = one(rows, metric="distortion", **of)
    assert (distortion.value, distortion.n) == (pytest.approx(sizes[3], abs=1e-3), 7)
    assert distortion.low == pytest.approx((sizes[1] + sizes[2]) / 2, abs=1e-3)
    assert distortion.series["mean"] == pytest.approx(sum(sizes) / 7, abs=1e-3)
    confidence = [math.exp(10 * b / 255) / (math.exp(10 * b / 255) + 2) for _, b in moved]
    assert one(rows, metric="confidence", **of).value == pytest.approx(sorted(confidence)[3], abs=1e-4)
    assert {r.defense for r in select(rows, metric="AUC")} == {"confidence", "non-ME", DENSITY, CHOSEN}


def test_an_attack_that_breaks_nothing_leaves_rows_without_a_value(tmp_path):
    rows = scored(subject(tmp_path), 1.0, [Plan("idle", SecondPixel(limit=255), 10, "L2")]).rows
    for metric in ("AUC", "detection rate", "confidence", "distortion"):
        assert {(r.value, r.n) for r in select(rows, metric=metric)} == {(None, 0)}
    assert one(rows, metric="accuracy", attack="idle").value == 0.9


def test_gradient_attacks_go_away_from_the_predicted_label_and_towards_the_least_likely():
    x, wrong = pixels((150, 120, 60)), torch.tensor([1])  # read as 0; its label is 1
    for name in ("FGSM", "BIM"):
        moved = gradient_attacks(0.1)[name](network(), x, wrong)[0, 0, 0]
        assert moved.tolist() == pytest.approx([150 / 255 - 0.1, 120 / 255 + 0.1, 60 / 255 + 0.1], abs=1e-5), name
    towards = gradient_attacks(0.1)["ILCM"](network(), x, wrong)[0, 0, 0]
    assert towards.tolist() == pytest.approx([150 / 255 - 0.1, 120 / 255 - 0.1, 60 / 255 + 0.1], abs=1e-5)
    assert saliency(0.5)(network(), x, wrong)[0, 0, 0].argmax() == 2


def test_a_lead_that_guarantees_a_probability():
    lead = kappa_for(10)
    assert math.exp(lead) / (math.exp(lead) + 9) == pytest.approx(CERTAIN) and CERTAIN == 0.99
    asked = {p.name: p.attack.attack.kappa for p in CarliniWagnerSurvey(1.0).plans(200, 10)}
    assert asked == {"C&W": 0.0, "C&W-hc": 10.0, "C&W at 99 %": lead}
    assert [p.n for p in CarliniWagnerSurvey(1.0).plans(200, 10)] == [200, 200, 100]


def test_what_could_not_be_made_to_pass_is_detected():
    x = pixels(*((a, 0, 0) for a in FIRST))
    found = made(x, x + 0.3, [1] * 9 + [0], [1] * 6 + [0] * 4)
    rows = detected_rows(found, {"pictures": "eight"}, attack="C&W-wb", false_positives=0.5)
    share = one(rows, metric="detected")
    assert (share.value, share.n, share.series) == (pytest.approx(3 / 9), 9, {"pictures": "eight"})
    assert (share.low, share.high) == pytest.approx(wilson(3, 9)) and share.defense == DENSITY
    assert one(rows, metric="accuracy").value == 0.3
    assert one(rows, metric="distortion").value == pytest.approx(0.3 * 255, abs=1e-3)


def test_the_white_box_meets_the_median_as_printed_and_tuned_also_the_usable_threshold(density):
    searches = WhiteBox(1.0).searches(density, {MEDIAN: -0.3, USABLE: -0.7})
    at = {key: getattr(a, "attack", a).threshold for key, a in searches.items()}
    assert at == {key: {MEDIAN: -0.3, USABLE: -0.7}[key[1]] for key in searches}
    assert [key for key in searches if key[0] == TUNED] == [(TUNED, USABLE), (TUNED, MEDIAN)]


def test_what_a_smaller_ball_has_broken_is_not_attacked_again(tmp_path):
    asked: list[list[int]] = []

    class Watched(SecondPixel):
        def __call__(self, model, x, y):
            asked.append((x[:, 0, 0, 0] * 255).round().int().tolist())
            return super().__call__(model, x, y)

    on, zeros = subject(tmp_path), torch.zeros(10)
    data = on.dataset.test[:10]
    state = torch.tensor([True] * 9 + [False]), zeros, zeros
    state = surviving(on, "bright", Watched(limit=200), data, state)
    assert state[0].tolist() == [False] * 4 + [True] * 5 + [False]
    state = surviving(on, "all", Watched(limit=150), data, state)
    assert asked == [list(FIRST[:9]), list(FIRST[4:9])] and state[0].tolist() == [False] * 7 + [True] * 2 + [False]
    sizes = [a / 255 for a in FIRST[:7]] + [0.0] * 3
    assert state[1].tolist() == pytest.approx(sizes)  # the first pixel went out


def test_the_smallest_ball_comes_first_and_matching_meets_what_survives(density):
    attacks = Adaptive(1.0, (0.2, 0.1)).attacks(density, -0.5)
    assert list(attacks) == [(TURNS, 0.1), (BOTH, 0.1), (TURNS, 0.2), (BOTH, 0.2)]
    assert {(a.threshold, a.steps) for a in attacks.values()} == {(-0.5, 200)}
    assert [attacks[key].eps for key in attacks] == [0.1, 0.1, 0.2, 0.2]


def test_transfer_counts_what_the_target_read_right_before(density):
    bright, dim, other = (0, 250, 0), (0, 60, 0), (250, 0, 0)
    #          sent to the target           before        after   source fooled
    table = [
        *[((255, 0, 0), bright, 1)] * 1,  # misread and accepted
        *[((255, 0, 0), dim, 1)] * 3,  # misread and rejected
        *[((255, 0, 0), other, 1)] * 2,  # still read right
        *[((0, 255, 0), bright, 1)] * 3,  # misread from the start: not the attack's doing
        *[((255, 0, 0), bright, 0)] * 1,  # did not fool its source: not sent
    ]
    x, x_adv = pixels(*(a for a, _, _ in table)), pixels(*(b for _, b, _ in table))
    found = made(x, x_adv, [1] * 10, [fooled for _, _, fooled in table])
    held_out = torch.linspace(-0.5, 0.0, 10)
    rows = transfer_rows(found, network(), density, -0.5, held_out, attack="PGD", source="other")
    moved, passed = one(rows, metric="transfer rate"), one(rows, metric="undetected")
    assert (moved.value, moved.n) == (pytest.approx(4 / 6), 6) and (moved.low, moved.high) == wilson(4, 6)
    assert (passed.value, passed.n) == (pytest.approx(1 / 6), 6) and (passed.low, passed.high) == wilson(1, 6)
    assert (passed.false_positives, passed.defense) == (0.05, DENSITY) and moved.source == "other"
    assert one(rows, metric="accuracy").value == 0.2  # the two that are right before and after
    # Right before, wrong after: one and three, and the one that fools this network without having fooled its own.
    auc = one(rows, metric="AUC")
    assert (auc.value, auc.n) == (1.0, 5)
    assert one(rows, metric="detection rate", false_positives=0.05).value == pytest.approx(3 / 5)


def test_nothing_sent_is_no_share(density):
    x = pixels(*[(255, 0, 0)] * 10)
    rows = transfer_rows(made(x, x, [1] * 10, [0] * 10), network(), density, -0.5, torch.zeros(10))
    assert {(r.value, r.n) for r in rows if r.metric in ("transfer rate", "undetected", "AUC")} == {(None, 0)}


def test_a_spectrum_is_of_features_around_the_mean_of_their_class():
    square = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    line = torch.tensor([[2.0, 0.0], [-2.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    z = torch.cat([square + torch.tensor([10.0, 0.0]), line + torch.tensor([0.0, 50.0])])
    row = spectrum_row(z, torch.tensor([0] * 4 + [1] * 6), 2)
    # The square is spread evenly over two axes, the line over one: 1.5 on average, shares (1/2, 1/2) and (1, 0).
    assert (row.metric, row.value, row.n) == ("participation ratio", 1.5, 10)
    assert row.series["variance shares"] == [0.75, 0.25]
