"""Of ten images: what the white-box and the black-box measures must say, worked out by hand."""

from dataclasses import dataclass

import pytest
from chapters.ten_images import network, subject
from torch import nn

from robustlib.chapters.madnet.black_box import PROXY, BlackBox
from robustlib.chapters.madnet.measures import MEASUREMENTS, WHITE_BOX
from robustlib.chapters.madnet.white_box import CLEAN_CORRECT, NINE, WhiteBox, of_weight
from robustlib.experiments.rows import one, select
from robustlib.models import Classifier

# Nine of ten are right. Distances to the border: 0.029, 0.049, 0.053, 0.249 twice, 0.351 twice; two never break.
NEAR = (0.029412, 0.049020, 0.052941)
FAR = (0.249020, 0.249020, 0.350980, 0.350980)


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    measure = WhiteBox((0.1, 0.25), (0.05, 0.25), (0.03, 1.0), 0.1, iterations=200, searched=5)
    found = measure(subject(tmp_path_factory.mktemp("white")))
    assert NINE in found.attacks and of_weight(1.0) in found.attacks and "BIM, steps of eps/4 0.25" in found.attacks
    return found.rows


def right(rows, attack, images="", **columns):
    """How many images stand, and of how many."""
    row = one(rows, metric="accuracy", attack=attack, images=images, **columns)
    return round(row.value * row.n), row.n


@pytest.mark.parametrize(
    ("attack", "eps", "stand"),
    [("FGSM", 0.1, 6), ("FGSM", 0.25, 4), ("BIM", 0.05, 7), ("BIM", 0.25, 4), ("BIM, steps of eps/4", 0.05, 7),
     ("PGD", 0.05, 7), ("PGD", 0.25, 4), ("PGD, steps of 2/255", 0.05, 7),
     ("PGD, steps of 2/255", 0.25, 6)],  # ten steps reach 0.078
)  # fmt: skip
def test_an_attack_within_a_radius_breaks_the_images_nearer_than_it(rows, attack, eps, stand):
    assert right(rows, attack, eps=eps) == (stand, 10)
    assert right(rows, attack, CLEAN_CORRECT, eps=eps) == (stand, 9), "the paper counts those right before the attack"
    assert one(rows, attack=attack, eps=eps, images="").norm == "Linf"


def test_the_clean_row_is_of_all_images(rows):
    assert right(rows, "") == (9, 10) and not select(rows, attack="", images=CLEAN_CORRECT)


def test_the_three_readings_of_the_cap(rows):
    """With c = 1 the hinge, whose slope is 10, pulls all seven across; a cap of 0.1 keeps four of them from it."""
    expected = {
        "clip": (6, 0.1, sum(NEAR) + 4 * 0.1),
        "reject": (6, NEAR[2], sum(NEAR)),
        "off": (2, FAR[-1], sum(NEAR + FAR)),
    }
    for reading, (stand, largest, lengths) in expected.items():
        attack = of_weight(1.0, reading)
        row = one(rows, metric="accuracy", attack=attack, images="")
        assert (right(rows, attack), right(rows, attack, CLEAN_CORRECT)) == ((stand, 10), (stand, 9)), reading
        assert row.largest_linf == pytest.approx(largest, abs=1e-3) and row.norm == "L2" and row.steps == 200
        assert row.mean_l2 == pytest.approx(lengths / 10, abs=1e-3)


def test_a_weight_that_is_too_small_stops_early(rows):
    """The sum is least at 5 c = 0.15: the far ones are never crossed, cap or none."""
    for reading in ("clip", "reject", "off"):
        assert right(rows, of_weight(0.03, reading)) == (6, 10)
    found = one(rows, metric="distortion", attack=of_weight(0.03, "off"))
    assert (found.value, found.n) == (pytest.approx(NEAR[1], abs=1e-3), 3)
    assert one(rows, metric="distortion", attack=of_weight(1.0, "off")).value == pytest.approx(FAR[0], abs=1e-3)
    assert len(select(rows, metric="distortion")) == 3, "one for each c without a cap, and one for nine search steps"


def test_nine_search_steps_on_the_first_five_images(rows):
    assert right(rows, NINE) == (2, 5) and right(rows, NINE, CLEAN_CORRECT) == (2, 5)
    found = one(rows, metric="distortion", attack=NINE)
    assert (found.value, found.n) == (pytest.approx(FAR[-1], abs=1e-3), 3)


def test_without_a_right_image_there_is_no_share_of_the_right_ones(tmp_path):
    on = subject(tmp_path, n=9)
    on.model.head.weight.data *= -1
    on.model.head.bias.data *= -1
    rows = WhiteBox((0.1,), (), (1.0,), 0.1, iterations=2, searched=9)(on).rows
    assert select(rows, metric="distortion")[0].n == 0
    assert right(rows, "FGSM") == (0, 9) and not select(rows, images=CLEAN_CORRECT)


@dataclass(frozen=True)
class Known(BlackBox):
    """A black box whose proxy is known."""

    reversed: bool = False

    def proxy(self, on):
        head = nn.Linear(1, 2)
        sign = -1 if self.reversed else 1
        head.weight.data, head.bias.data = (sign * part.data for part in (on.model.head.weight, on.model.head.bias))
        return Classifier(network().body, head).eval()


def test_a_proxy_that_is_the_network_attacks_as_well_as_it(tmp_path):
    rows = Known(0.1, 1.0, 0.1, iterations=200)(subject(tmp_path)).rows
    for attack in ("FGSM", "BIM", "PGD"):
        row = one(rows, attack=attack, images="")
        assert right(rows, attack) == (6, 10) and right(rows, attack, CLEAN_CORRECT) == (6, 9)
        assert (row.source, row.eps) == (PROXY, 0.1)
    assert right(rows, of_weight(1.0, "off"), source=PROXY) == (2, 10)
    agreement = one(rows, metric="agreement")
    assert (agreement.value, agreement.n, agreement.source) == (1.0, 12, PROXY), "of all test images that there are"


def test_a_proxy_that_says_the_opposite_pushes_the_wrong_way(tmp_path):
    rows = Known(0.1, 1.0, 0.1, iterations=20, reversed=True)(subject(tmp_path)).rows
    for attack in ("FGSM", "BIM", of_weight(1.0, "off")):
        assert right(rows, attack) == (9, 10), attack
    assert one(rows, metric="agreement").value == 0


def test_a_proxy_learns_what_the_network_says(tmp_path):
    on = subject(tmp_path)
    proxy = BlackBox(0.1, 1.0, 0.1, epochs=1).proxy(on)
    assert not proxy.training and proxy(on.dataset.test[:3][0]).shape == (3, 2)
    assert (tmp_path / "proxy.pt").is_file()


def test_each_network_meets_the_attacks_of_its_table():
    plans = {(m.of, m.kind): m for m in MEASUREMENTS}
    for name in ("ce", "mad", "pcl", "ce-pgd", "mad-pgd", "pcl-pgd"):
        assert plans[f"madnet-mnist-resnet8-{name}", "white-box"].n == 200
    searched = {m.of for m in MEASUREMENTS if m.kind == "white-box" and m.evaluate.searched == 50}
    assert searched == {m.of for m in MEASUREMENTS if m.kind == "black-box"}
    assert all(name.endswith(("-ce", "-mad")) for name in searched) and len(searched) == 12
    assert ("madnet-mnist-resnet8-jacobian", "white-box") not in plans
    assert plans["madnet-cifar10-resnet56-mad", "black-box"].evaluate.depth == 32
    assert WHITE_BOX["cifar10"].weights == (0.001, 0.01, 0.1)
