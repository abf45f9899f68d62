"""R(f), the swept numbers of the two-step rule and the stronger attacks on ten images, worked out by hand."""

import pytest
import torch
from chapters.dundi.ten_images import FirstPixel, Push, images, subject, threshold
from torch import nn

from robustlib.attacks import PGD
from robustlib.chapters.dundi import rule_sweep, unit_white_box
from robustlib.chapters.dundi.least_distance import (
    BOTH_STEPS,
    DISTANCE,
    NEAREST,
    LeastDistance,
    distance_row,
    least_distances,
)
from robustlib.chapters.dundi.rule_sweep import SETTINGS, VARIED, RuleSweep, read_with
from robustlib.chapters.dundi.source_images import CLEAN_CORRECT, Source
from robustlib.chapters.dundi.unit_white_box import (
    ON_CENTRES,
    ON_DISTANCES,
    ONWARDS,
    TOWARDS,
    Onwards,
    UnitWhiteBox,
    lead,
)
from robustlib.experiments.rows import one, select
from robustlib.losses import margin
from robustlib.models import Classifier

DISTANCE_NETWORK = Classifier(FirstPixel(), nn.Identity())
# Read as class 1 above 127.5: the labels do not count, and 0.2, 0.1, 0.1 and 0.2 of 255 in pixels are to go.
FOUR = images((76, 102, 153, 179), (1, 0, 1, 0))
TO_GO = [51.5 / 255, 25.5 / 255, 25.5 / 255, 51.5 / 255]


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    for name in ("RUNS", "CHECKPOINTS"):
        monkeypatch.setenv(f"ROBUSTLIB_{name}", str(tmp_path / name.lower()))


@pytest.mark.parametrize("oracles", [True, False])
def test_r_of_f_is_the_mean_way_to_the_border_whatever_the_labels(tmp_path, oracles):
    model = DISTANCE_NETWORK if oracles else threshold(127.5)
    rows = LeastDistance(oracles, steps=60)(subject(tmp_path, model, FOUR, n=4)).rows
    assert {row.attack for row in rows} == {"DDN", "FAB", NEAREST} | ({BOTH_STEPS} if oracles else set())
    for row in rows:
        assert (row.metric, row.n, row.norm) == (DISTANCE, 4, "L2")
        assert row.value == pytest.approx(38.5 / 255, rel=0.01) and row.low < row.value < row.high
    nearest = one(rows, attack=NEAREST)
    assert nearest.series["distances"] == pytest.approx(TO_GO, rel=0.02)
    assert nearest.value <= min(row.value for row in rows)


def test_an_image_that_no_attack_moves_across_is_not_in_the_mean():
    x, model = FOUR[:][0], threshold(127.5)
    found = least_distances({"up": Push(60), "none": Push(0)}, model, x)  # y is what the model says: towards the border
    assert found["up"].tolist() == pytest.approx([60 / 255] * 4, rel=1e-4)
    assert torch.isinf(found["none"]).all()
    row = distance_row(torch.tensor([1.0, 3.0, torch.inf]))
    assert (row.value, row.n) == (2.0, 2) and row.high - row.value == pytest.approx(1.96 * 2**0.5 / 2**0.5)
    assert distance_row(torch.tensor([torch.inf])).value is None and distance_row(torch.tensor([2.0])).low == 2.0


def test_every_setting_changes_one_number_and_is_read_as_it_says(tmp_path, monkeypatch):
    for name, settings in VARIED.items():
        place = "nmK".index(name)
        others = {setting[:place] + setting[place + 1 :] for setting in settings if setting[0] > 1}
        assert len(others) == 1 and len({setting[place] for setting in settings}) == len(settings)
    assert read_with((1, 1, 5)) == "two-step, 1 oracle, m = 1, K = 5" and len(SETTINGS) == 10
    monkeypatch.setattr(rule_sweep, "load_model", lambda name, seed, device: threshold(76.5))
    monkeypatch.setattr(Source, "attacks", lambda self, smaller=False: {("FGSM", 0.3): Push()})
    seen = images((0, 20, 40, 60, 70, 100, 120, 140, 200, 255), (0, 0, 0, 0, 0, 1, 1, 1, 1, 0))
    measure = RuleSweep(Source("dundi-mnist-feinman", 0.3, 0.01), ((10, 3, 5), (4, 1, 1)), draws=2, moved=3, steps=60)
    rows = measure(subject(tmp_path, DISTANCE_NETWORK, seen)).rows
    # Two classes: K is 2 in the first, 1 in the second; the source reads 9 right, of which the target reads 5.
    for setting, cost in (((10, 3, 5), 2 * 3 + 2 * 10), ((4, 1, 1), 2 * 1 + 1 * 4)):
        how = {"defense": read_with(setting)}
        assert one(rows, metric="accuracy", attack="", **how).value == 0.7
        shown = one(rows, metric="accuracy", attack="FGSM", images=CLEAN_CORRECT, **how)
        assert (shown.n, shown.value, shown.series["draws"]) == (9, 5 / 9, [5 / 9, 5 / 9])
        assert one(rows, metric="distances per image", **how).value == cost
        far = one(rows, metric=DISTANCE, attack="DDN", **how)
        assert far.n == 3 and far.value == pytest.approx((127.5 + 107.5 + 87.5) / 3 / 255, rel=0.01)


def test_a_lead_is_the_targets_distance_less_than_the_labels():
    far = torch.tensor([[1.0, 4.0, 9.0], [6.0, 2.0, 3.0]])
    assert lead(-far, torch.tensor([0, 0]), torch.tensor([2, 1])).tolist() == [-8.0, 4.0]


def test_a_climb_goes_on_from_the_first_attacks_images_and_keeps_a_start_that_is_broken():
    x, y, model = torch.zeros(2, 1, 2, 2), torch.zeros(2, dtype=torch.int64), threshold(127.5)
    x[:, 0, 0, 0] = torch.tensor([110 / 255, 120 / 255])
    steps = PGD(30 / 255, 1, 15 / 255, loss=margin, stop_early=True)
    far = Onwards(Push(10), steps)(model, x, y)[:, 0, 0, 0] * 255
    # The second start, 130, is broken already and is kept; the first, 120, takes its one step to 135.
    assert far.tolist() == pytest.approx([135, 130], abs=1e-3)
    assert (Onwards(Push(10), steps).eps, Onwards(Push(10), steps).steps) == (30 / 255, 1)
    inside = Onwards(Push(25), PGD(30 / 255, 3, 15 / 255, loss=margin))(model, x, y)[:, 0, 0, 0] * 255
    assert inside.tolist() == pytest.approx([140, 150], abs=1e-3), "and stays in the ball around the clean image"


def test_stronger_attacks_leave_what_lies_farther_than_the_radius(tmp_path, monkeypatch):
    monkeypatch.setattr(unit_white_box, "load_model", lambda name, seed, device: threshold(250))  # misreads every 1
    rows = UnitWhiteBox("dundi-mnist-native1", (0.1,), restarts=1, steps=30)(subject(tmp_path, DISTANCE_NETWORK)).rows
    left = {row.attack: row.value for row in rows}
    # To go: 0.351, 0.351, 0.147, 0.147 and three below 0.1, beside two without a gradient and one misread when clean.
    for name in (ON_DISTANCES, ON_CENTRES, TOWARDS, ONWARDS, "worst case"):
        assert left[name] == 0.6, name
    assert (
        left[""] == 0.9 and left["margin PGD"] >= 0.6 and one(rows, attack="margin PGD").source == "dundi-mnist-native1"
    )
    assert all(row.eps == 0.1 for row in select(rows, attack=(ONWARDS, TOWARDS, ON_DISTANCES)))
