"""What each measure of the chapter must say of ten images, worked out by hand."""

from math import exp

import pytest
import torch
from chapters.ten_images import FIRST, LABELS, network, subject

from robustlib.attacks import Restarts
from robustlib.chapters.at2l import static_adaptive
from robustlib.chapters.at2l.adaptive import WORST, Adaptive
from robustlib.chapters.at2l.curvature import Curvature, common_shift, curvatures, median_row, shift_interval
from robustlib.chapters.at2l.measures import Paired
from robustlib.chapters.at2l.static_adaptive import StaticAndAdaptive
from robustlib.chapters.at2l.triplet_attack import TripletPGD
from robustlib.experiments import one, select
from robustlib.experiments.rows import unpack
from robustlib.gradient import clean_logits
from robustlib.losses import cross_entropy, margin

FAR = [True] * 6 + [False] * 3  # of nine read right: further than 0.1 from the boundary, or without a gradient


def mirrored():
    """The network that says the opposite: what drives its images over the boundary drives ours away from it."""
    model = network()
    for parameter in model.head.parameters():
        parameter.data = -parameter.data
    return model


@pytest.fixture
def on(tmp_path, monkeypatch):
    monkeypatch.setenv("ROBUSTLIB_RUNS", str(tmp_path / "runs"))
    return subject(tmp_path)


def test_pairs_rest_on_the_fate_of_each_image(on):
    row = one(Paired(0.1, steps=20)(on).rows, attack="APGD-T")
    assert unpack(row.bits, row.n).tolist() == [*FAR, False] and row.value == 0.6 and row.eps == 0.1


def test_images_of_another_network_break_less_than_its_own(on, monkeypatch):
    """Static images of the mirrored network walk away from the boundary: nothing that was right breaks."""
    monkeypatch.setattr(static_adaptive, "load_model", lambda name, seed, device: mirrored())
    rows = StaticAndAdaptive("mirrored", 0.1, few=9, steps=30)(on).rows
    assert one(rows, attack="").n == 12 and one(rows, attack="").value == pytest.approx(9 / 12)
    for attack in ("FGSM", "I-FGSM", "LL", "I-LL"):
        static, own = (one(rows, attack=attack, source=source) for source in ("mirrored", ""))
        assert (static.value, own.value, static.n) == (0.9, 0.6, 10), attack
        assert static.largest_linf == pytest.approx(0.1, abs=1e-6) and static.eps == own.eps == 0.1
    static, own = (one(rows, attack="C&W", source=source) for source in ("mirrored", ""))
    assert (static.value, own.value) == (1, pytest.approx(6 / 9)) and static.n == own.n == 9


def test_the_target_itself_has_no_static_rows(on):
    rows = StaticAndAdaptive("ten", 0.1, steps=5)(on).rows
    assert {row.source for row in rows} == {""} and one(rows, attack="FGSM").value == 0.6


def test_static_images_are_crafted_once_and_of_one_network(on, monkeypatch, tmp_path):
    monkeypatch.setattr(static_adaptive, "load_model", lambda name, seed, device: mirrored())
    first = StaticAndAdaptive("mirrored", 0.1, steps=5)(on).rows
    files = {p: p.stat().st_mtime_ns for p in (tmp_path / "runs").rglob("*.pt")}
    assert len(files) == 5
    again = StaticAndAdaptive("mirrored", 0.1, steps=5)(on).rows
    assert [r.value for r in again] == [r.value for r in first]
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "runs").rglob("*.pt")} == files
    monkeypatch.setattr(static_adaptive, "load_model", lambda name, seed, device: network())  # other weights, new sets
    rows = StaticAndAdaptive("mirrored", 0.1, steps=5)(on).rows
    assert (
        one(rows, attack="FGSM", source="mirrored").value == 0.6 and len(list((tmp_path / "runs").rglob("*.pt"))) == 10
    )


def test_the_worst_case_is_that_of_all_attacks(on):
    found = Adaptive(0.1, steps=20, restarts=2, queries=30, negatives=4)(on)
    rows, climbs = found.rows, {name: found.attacks[name].attack for name in ("PGD", "margin PGD", "triplet PGD")}
    assert (climbs["PGD"].loss, climbs["margin PGD"].loss) == (cross_entropy, margin)
    # The negatives are the four training images, at 0.2, 0.4, 0.761 and 0.961: the second logit is 5 z - 2.5.
    assert climbs["triplet PGD"].logits[:, 1].tolist() == pytest.approx([-1.5, -0.5, 1.304, 2.304], abs=1e-3)
    accuracies = {row.attack: row.value for row in select(rows, metric="accuracy")}
    assert list(accuracies) == ["", "PGD", "margin PGD", "triplet PGD", "APGD-T", "Square", WORST]
    assert accuracies["margin PGD"] == accuracies["APGD-T"] == accuracies[WORST] == 0.6 and accuracies[""] == 0.9
    assert one(rows, attack="triplet PGD").restarts == 2 and one(rows, attack="triplet PGD").norm == "Linf"


def test_the_triplet_is_climbed_towards_the_other_class():
    """Class 0 lies low: its logits part from their own and near the other's by going up, class 1 by going down."""
    model, eps = network(), 0.1
    x = torch.zeros(2, 1, 2, 2)
    x[:, 0, 0, 0] = torch.tensor([0.3, 0.7])
    y = torch.tensor([0, 1])
    logits = clean_logits(model, x, y).detach()
    attack = TripletPGD(logits, y, eps, steps=10)
    torch.manual_seed(0)
    found = torch.stack([attack(model, x, y)[:, 0, 0, 0] for _ in range(12)])
    assert found[:, 0].max() == pytest.approx(0.4) and found[:, 1].min() == pytest.approx(0.6)
    # Either all the way, or where it began: on the far side of the image both distances grow alike.
    assert ((found[:, 0] < 0.3) | torch.isclose(found[:, 0], torch.tensor(0.4))).all()
    # The nearest of two negatives, of which the farther one would draw upwards.
    near = TripletPGD(torch.tensor([[1.5, -1.5], [-2.0, 2.0]]), torch.tensor([1, 1]), eps, steps=10)  # at 0.2 and 0.9
    found = torch.stack([near(model, x[:1], y[:1])[0, 0, 0, 0] for _ in range(12)])
    assert found.min() == pytest.approx(0.2) and found.max() < 0.399
    broken = Restarts(TripletPGD(logits, y, 0.25, steps=10), 20)(model, x, y)
    assert (model(broken).argmax(1) != y).all()
    with pytest.raises(ValueError, match="no negative for class 0"):
        TripletPGD(logits[:1], y[:1], eps)(model, x, y)
    assert TripletPGD(logits, y, eps)(model, x[:0], y[:0]).shape == x[:0].shape


def slope(z: float) -> float:
    """Of the cross-entropy of class 0 in the first pixel: log(1 + exp(10 z - 5))."""
    return 10 / (1 + exp(5 - 10 * z))


def test_curvature_is_the_change_of_the_gradient_along_itself(on):
    x, y = on.dataset.test[:10]
    found = curvatures(on.model, x, y, 0.1)
    wanted = []
    for pixel, label in list(zip(FIRST, LABELS, strict=True))[2:]:  # the first two have no gradient
        z = pixel / 255 if label == 0 else 1 - pixel / 255
        wanted.append(((slope(z + 0.1) - slope(z)) / 0.1, slope(z)))
    assert found["curvature"].tolist() == pytest.approx([abs(c) for c, _ in wanted], rel=1e-4)
    assert found["gradient norm"].tolist() == pytest.approx([g for _, g in wanted], rel=1e-4)
    assert found["relative curvature"].tolist() == pytest.approx([abs(c) / g for c, g in wanted], rel=1e-4)
    rows = Curvature(0.05, points=5)(on).rows
    assert rows[0].value == pytest.approx(sorted(abs(c) for c, _ in wanted)[3], rel=1e-4), "a step of 0.1, not of eps"
    metrics = ["curvature", "relative curvature", "gradient norm", "common shift"]
    assert [row.metric for row in rows] == metrics and rows[0].n == 8
    assert rows[3].value == pytest.approx(0, abs=1e-6), "its two logits are a and -a"
    cut = rows[0].series["slice"]
    assert cut["image"] == 0 and cut["reach"] == pytest.approx(0.1) and len(cut["margin"]) == 5 == len(cut["margin"][0])
    # The first image says 0 whatever the first pixel is, as long as the second one is white.
    assert cut["margin"][2][2] == pytest.approx(-5.0)


def test_a_slice_runs_up_the_gradient(on):
    """From below the boundary, rows along the gradient raise the margin: by 10 logits a unit of the first pixel."""
    margins = Curvature(0.1, points=5).slice(on, 2)["margin"]  # at 0.149, class 0
    middle = [row[2] for row in margins]
    assert middle[2] == pytest.approx(10 * FIRST[2] / 255 - 5, abs=0.01)
    assert middle[3] - middle[2] == pytest.approx(1.0, abs=0.02) and middle[1] < middle[2] < middle[3] < middle[4]


def test_the_median_lies_between_its_order_statistics():
    row = median_row("curvature", torch.arange(100.0))
    assert (row.low, row.value, row.high, row.n) == (40, 49, 59, 100)
    assert median_row("curvature", torch.empty(0)).value is None


def test_a_shift_of_all_logits_is_what_no_softmax_sees():
    """Three classes: all alike, one alone (a third), and none."""
    t = torch.tensor([-1.0, 0.0, 1.0])
    assert common_shift(torch.stack([t, t, t], 1)) == pytest.approx(1)
    assert common_shift(torch.stack([t, 0 * t, 0 * t], 1)) == pytest.approx(1 / 3)
    assert common_shift(torch.stack([t, -t, 0 * t], 1)) == pytest.approx(0) == common_shift(torch.ones(4, 3))


def test_the_interval_of_the_common_shift_covers_what_it_should():
    """Three independent logits of one variance share a third; a bootstrap of 95 % covers it about so often."""
    torch.manual_seed(0)
    found = [shift_interval(torch.randn(150, 3), seed, 200) for seed in range(100)]
    assert 86 <= sum(low < 1 / 3 < high for low, high in found) <= 99
    wide, narrow = (shift_interval(torch.randn(n, 3), 0, 200) for n in (50, 5000))
    assert 5 < (wide[1] - wide[0]) / (narrow[1] - narrow[0]) < 20, "ten times, as the root of n"
    assert shift_interval(torch.ones(4, 3)) == (0.0, 0.0)
