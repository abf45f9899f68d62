"""Each measure on ten images, with the numbers worked out by hand."""

import pytest
import torch
from chapters.dundi.ten_images import FirstPixel, Push, images, subject, threshold
from torch import nn

from robustlib.chapters.dundi import transfer, white_box
from robustlib.chapters.dundi.oracles import OracleAccuracy, distance_rows, draws_row, oracle_head, read_by
from robustlib.chapters.dundi.source_images import CLEAN_CORRECT, FOOLED, Source
from robustlib.chapters.dundi.transfer import HELD_OUT, BayesianDetection, TransferAccuracy, as_noisy
from robustlib.chapters.dundi.white_box import OracleWhiteBox, SoftmaxWhiteBox
from robustlib.evaluation import wilson
from robustlib.experiments.rows import one, select, unpack
from robustlib.models import Classifier

DISTANCE = Classifier(FirstPixel(), nn.Identity())


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    for name in ("RUNS", "CHECKPOINTS"):
        monkeypatch.setenv(f"ROBUSTLIB_{name}", str(tmp_path / name.lower()))


def test_draws_are_a_mean_between_least_and_most():
    answers = [torch.arange(10) < right for right in (9, 6, 9)]
    row = draws_row(answers, defense="two-step, 10 oracles")
    assert (row.value, row.low, row.high, row.n) == (pytest.approx(0.8), 0.6, 0.9, 10)
    assert row.series["draws"] == [0.9, 0.6, 0.9] and row.series["std"] == pytest.approx(0.02**0.5)
    assert unpack(row.series["bits"], 10).tolist() == answers[0].tolist() and row.bits == ""
    alone = draws_row(answers[:1])
    assert (alone.value, alone.low, alone.high) == (0.9, *wilson(9, 10)) and alone.series == {}
    nothing = draws_row([torch.zeros(0, dtype=torch.bool)] * 2)
    assert (nothing.value, nothing.n, nothing.low) == (None, 0, None)


def test_accuracy_by_every_rule_and_what_it_costs(tmp_path):
    rows = OracleAccuracy((1, 10), 2)(subject(tmp_path, DISTANCE)).rows
    right = {row.defense: row.value for row in select(rows, metric="accuracy")}
    for n in (1, 10):  # all but the last are read right; the farthest class is the other one
        assert (right[read_by(n)], right[read_by(n, "exact")], right[read_by(n, "literal")]) == (0.9, 0.9, 0.1)
    assert [row.n for row in select(rows, metric=("accuracy", "seconds"))] == [10] * 8
    costs = {row.defense: row.value for row in select(rows, metric="distances per image")}
    assert costs == {"two-step, 20 oracles": 2 * 3 + 2 * 20, "exact, 20 oracles": 40}
    assert all(row.value > 0 for row in select(rows, metric="seconds"))
    assert read_by(1) == "two-step, 1 oracle"


def test_distances_between_two_points_of_two_classes():
    z = torch.tensor([[0.0, 0.0], [0.0, 1.0], [3.0, 0.0], [3.0, 1.0]])
    within, between, wrong = (row.value for row in distance_rows(z, torch.tensor([0, 0, 1, 1])))
    assert within == pytest.approx(1) and between == pytest.approx((3 + 10**0.5) / 2) and wrong == 0
    swapped = distance_rows(z, torch.tensor([0, 1, 0, 1]))  # 3 within, 1 and 3.16 between: half of the tuples
    assert swapped[2].value == pytest.approx(0.5, abs=0.02) and swapped[2].n == 10_000 and swapped[0].n == 4


def test_one_oracle_is_read_by_one():
    z, y = torch.randn(30, 4), torch.arange(30) % 3
    assert oracle_head(z, y, 3, n=1).m == 1 and oracle_head(z, y, 3, n=5).k == 3
    head = oracle_head(z, y, 3, n=1, rule="exact")
    assert torch.equal(head(head.oracles[:, 0]).argmax(1), torch.arange(3))


# The source says class 1 above 76.5, the target above 127.5. Pushed by 60 the first nine become 60, 80, 100, 120, 130,
# 40, 60, 80 and 140; the last one is misread by the source when clean, and is not attacked.
SEEN = images((0, 20, 40, 60, 70, 100, 120, 140, 200, 255), (0, 0, 0, 0, 0, 1, 1, 1, 1, 0))


@pytest.mark.parametrize("oracles", [True, False])
def test_transfer_counts_what_the_source_reads_right_and_of_that_what_fooled_it(tmp_path, monkeypatch, oracles):
    monkeypatch.setattr(transfer, "load_model", lambda name, seed, device: threshold(76.5))
    monkeypatch.setattr(
        Source, "attacks", lambda self, smaller=False: {("FGSM", 0.3): Push(), ("JSMA", None): Push(5, None, None)}
    )
    measure = TransferAccuracy(Source("dundi-mnist-feinman", 0.3, 0.01), oracles, sizes=(1, 10), draws=2)
    found = measure(subject(tmp_path, DISTANCE if oracles else threshold(127.5), SEEN))
    usual = read_by() if oracles else ""
    clean = one(found.rows, attack="")
    assert (clean.value, clean.defense) == (0.7, usual)  # the target misreads 100, 120 and 255
    for defense in (read_by(1), read_by()) if oracles else ("",):
        asked = {"attack": "FGSM", "eps": 0.3, "norm": "Linf", "defense": defense, "source": "dundi-mnist-feinman"}
        every, fooled = (one(found.rows, images=which, **asked) for which in (CLEAN_CORRECT, FOOLED))
        assert (every.n, every.value) == (9, 5 / 9)  # the target reads 60, 80, 100, 120 and 140 right
        assert (fooled.n, fooled.value) == (6, 0.5)  # 60, 80 and 140 fooled nobody: of the six, 80, 100 and 120
        ends = (every.low, every.high)
        assert ends == ((5 / 9, 5 / 9) if oracles else pytest.approx(wilson(5, 9)))
        assert every.largest_linf == pytest.approx(60 / 255, abs=1e-6) and every.mean_l2 == pytest.approx(0.2353)
        assert fooled.series.get("draws") == ([0.5, 0.5] if oracles else None)
    few = one(found.rows, attack="JSMA", images=FOOLED, defense=usual)
    assert (few.n, few.value, few.low, few.eps, few.norm) == (0, None, None, None, "L0")
    assert list(found.attacks) == ["FGSM 0.3", "JSMA"]


class Brightness:
    """A detector whose score is the first pixel."""

    def score(self, x):
        return x[:, 0, 0, 0]


def test_the_bayesian_detector_is_fitted_on_one_half_and_measured_on_the_other(tmp_path, monkeypatch):
    seen = images((60, 70, 130, 80, 90, 100, 110, 0, 1, 250), (0, 0, 1, 1, 1, 1, 1, 0, 0, 0))
    fitted = []

    def fit(model, density, x, x_noisy, x_adv, passes):
        fitted.append((255 * x[:, 0, 0, 0]).round().tolist())
        assert passes == 3 and density.gamma == 2 and ((x_adv - x).abs().amax((1, 2, 3)) > 0).all()
        return Brightness()

    monkeypatch.setattr(transfer.BayesianDensity, "fit", fit)
    monkeypatch.setattr(Source, "attacks", lambda self, smaller=False: {("FGSM", 0.3): Push()})
    on = subject(tmp_path, threshold(76.5), seen)
    rows = BayesianDetection(Source("dundi-mnist-feinman", 0.3, 0.01), 0.5, 3)(on).rows
    # Misread when clean: 250. Pushed to 120, 130, 70, 20, 30, 40, 50, 60 and 61: the first seven are broken.
    clean, attacked = (one(rows, metric="accuracy", attack=attack) for attack in ("", "FGSM"))
    assert (clean.value, attacked.value) == (0.9, 0.2) and attacked.eps == 0.3
    assert fitted == [[60, 70, 130]]
    auc = one(rows, metric="AUC")
    assert (auc.value, auc.n, auc.images) == (1, 4, HELD_OUT)  # 80, 90, 100, 110 against 20, 30, 40, 50
    assert auc.defense == "Bayesian uncertainty" and {"roc", "histogram"} <= set(auc.series)
    shown = attacked.series["pictures"]
    assert shown["y"] == [0, 0, 1, 1, 1, 1, 1, 0] and shown["says"] == [1, 1, 0, 0, 0, 0, 0, 0]
    assert shown["fooled"] == [True] * 7 + [False]


def test_a_detector_of_an_attack_that_broke_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(Source, "attacks", lambda self, smaller=False: {("FGSM", 0.3): Push(0)})
    rows = BayesianDetection(Source("dundi-mnist-feinman", 0.3, 0.01), 0.5)(subject(tmp_path, threshold(76.5))).rows
    assert (one(rows, metric="AUC").value, one(rows, metric="AUC").n) == (None, 0)


def test_noise_has_the_size_of_the_attack():
    x = torch.full((50, 1, 20, 20), 0.5)
    torch.manual_seed(0)
    spread = (as_noisy(x, x + 0.1) - x).square().mean().sqrt()
    torch.testing.assert_close(spread, torch.tensor(0.1), rtol=0.02, atol=0)


LEFT = {0.1: 0.6, 0.2: 0.4}  # 114, 140 and 120 break at 0.1, 90 and 165 too at 0.2; 153 is wrong from the start


def test_what_the_attackers_of_an_oracle_classifier_leave(tmp_path, monkeypatch):
    monkeypatch.setattr(white_box, "load_model", lambda name, seed, device: threshold(127.5))
    measure = OracleWhiteBox("dundi-mnist-native1", (0.1, 0.2), queries=3, restarts=2)
    found = measure(subject(tmp_path, DISTANCE))
    rows = select(found.rows, metric="accuracy")
    assert one(rows, attack="").value == 0.9 and {row.defense for row in rows} == {"two-step, 10 oracles"}
    for eps, left in LEFT.items():
        for name in (
            "margin PGD on distances", "margin PGD through both steps", "feature matching to the oracles",
            "margin PGD on unknown oracles", "margin PGD", "worst case",
        ):  # fmt: skip
            row = one(rows, attack=name, eps=eps, norm="Linf")
            assert (row.value, row.n, row.low, row.high) == (left, 10, *wilson(round(10 * left), 10)), name
        for name in ("noise", "cross-entropy PGD on distances", "Square"):
            assert left <= one(rows, attack=name, eps=eps).value <= 0.9, name
    shared = one(rows, attack="margin PGD", eps=0.1)
    assert (shared.source, shared.steps, shared.restarts) == ("dundi-mnist-native1", 100, None)
    exact = one(rows, attack="margin PGD on distances", eps=0.1)
    assert (exact.source, exact.steps, exact.restarts) == ("", 100, 2)
    assert one(rows, attack="Square", eps=0.1).steps == 3 and one(rows, attack="noise", eps=0.1).steps is None
    assert len(found.attacks) == 16 and "Square 0.2" in found.attacks


def test_zero_gradients_are_zero_in_every_pixel(tmp_path, monkeypatch):
    monkeypatch.setattr(white_box, "load_model", lambda name, seed, device: threshold(127.5))
    rows = OracleWhiteBox("dundi-mnist-native1", (), 3, 1)(subject(tmp_path, DISTANCE)).rows
    shares = {row.attack: (round(row.value, 6), row.n) for row in select(rows, metric="zero gradients")}
    # Both: the two with a white second pixel. Cross-entropy also 38 and 217, a gap of 140 away from the other class.
    assert shares == {"cross-entropy PGD on distances": (0.4, 10), "margin PGD on distances": (0.2, 10)}


def test_what_margin_pgd_leaves_of_a_softmax_network(tmp_path):
    rows = SoftmaxWhiteBox((0.1, 0.2), restarts=2)(subject(tmp_path, threshold(127.5))).rows
    assert one(rows, attack="").value == 0.9 and {row.defense for row in rows} == {""}
    assert {eps: one(rows, attack="margin PGD", eps=eps).value for eps in LEFT} == LEFT
    assert all(left <= one(rows, attack="noise", eps=eps).value <= 0.9 for eps, left in LEFT.items())
    assert one(rows, attack="margin PGD", eps=0.1).restarts == 2
