"""The attackers who know MadNet on eight images that break at known radii, and what is sent from a twin."""

import pytest
import torch
from chapters.madnet.two_pixels import EIGHT, angled, subject

from robustlib.chapters.madnet import adaptive
from robustlib.chapters.madnet.adaptive import FEATURE, MARGIN, WEAK, WORST, Adaptive, class_means, transfer_from
from robustlib.chapters.madnet.confusion import Confusion, counts, nearest_centre
from robustlib.chapters.madnet.feature_attack import FeatureAttack
from robustlib.evaluation import Outcome
from robustlib.experiments import one
from robustlib.experiments.rows import unpack

MEANS = torch.tensor([[0.6, 0.0], [0.0, 0.6]])
# Broken where eps is above 1, 5, 11 and 15 of 255, of each class.
STANDS = {0.001: 8, 3 / 255: 6, 8 / 255: 4, 13 / 255: 2, 0.1: 0}


@pytest.mark.parametrize(("eps", "left"), STANDS.items())
def test_the_feature_attack_turns_towards_the_other_mean(eps, left) -> None:
    x, y = EIGHT[:]
    x_adv = FeatureAttack(MEANS, eps, steps=20, finish=0)(angled(), x, y)
    assert int((angled()(x_adv).argmax(1) == y).sum()) == left
    assert (x_adv - x).abs().max() <= eps + 1e-6


def test_an_image_is_left_at_its_first_broken_iterate_and_a_wrong_one_as_it_is() -> None:
    x, y = EIGHT[:]
    x_adv = FeatureAttack(MEANS, 0.1, steps=50, finish=0)(angled(), x, 1 - y)
    assert torch.equal(x_adv, x)
    moved = (FeatureAttack(MEANS, 0.1, steps=50, finish=0)(angled(), x, y) - x).abs().amax((1, 2, 3))
    assert moved[0] == pytest.approx(0.005) and moved[3] == pytest.approx(0.06, abs=0.0051), "in steps of 0.005"


def test_the_last_steps_are_on_the_margin() -> None:
    x, y = EIGHT[:]
    own = MEANS.flip(0)  # the way to the other class's mean leads away from the boundary
    assert (angled()(FeatureAttack(own, 0.1, 20, 0)(angled(), x, y)).argmax(1) == y).all()
    assert not (angled()(FeatureAttack(own, 0.1, 20, 60)(angled(), x, y)).argmax(1) == y).any()


def test_classes_are_tried_from_the_nearest_and_one_without_a_mean_not() -> None:
    means = torch.tensor([[1.0, 0.0], [1.0, 1.0], [float("nan")] * 2, [0.0, 1.0]])
    x = torch.tensor([[0.9, 0.5, 0.0, 0.0], [0.1, 0.9, 0.0, 0.0]]).reshape(2, 1, 2, 2)
    order = FeatureAttack(means)._order(angled(), x, torch.tensor([1, 0]))
    assert order.tolist() == [[0, 3, -1, -1], [3, 1, -1, -1]]


def test_bad_fields_and_models_are_refused() -> None:
    x, y = EIGHT[:]
    for fields in ({"steps": 0}, {"finish": -1}, {"targets": 0}, {"eps": -1.0}):
        with pytest.raises(ValueError, match="need|must|steps|eps"):
            FeatureAttack(MEANS, **fields)
    with pytest.raises(ValueError, match=r"means of shape \(classes, 2\)"):
        FeatureAttack(torch.zeros(2, 3))(angled(), x, y)
    with pytest.raises(TypeError, match="body"):
        FeatureAttack(MEANS)(torch.nn.Sequential(angled()), x, y)


def test_means_of_the_classes() -> None:
    z, y = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 5.0]]), torch.tensor([0, 0, 2])
    means = class_means(z, y, 3)
    assert means[0].tolist() == [2, 3] and means[2].tolist() == [5, 5] and means[1].isnan().all()


@pytest.fixture
def rows(tmp_path, monkeypatch):
    """At 8/255 half of the images stand; a twin that is the network itself, and one that reads all the other way."""
    twins = {"same": angled(), "reversed": angled(-1.0)}
    monkeypatch.setattr(adaptive, "load_model", lambda name, seed, device: twins[name])
    measure = Adaptive((8 / 255,), {"same": "itself", "reversed": "its mirror"}, steps=20, climb=60, restarts=1)
    return measure(subject(angled(), EIGHT, tmp_path)).rows


def test_each_attack_has_its_row_and_a_transfer_is_read_by_the_network_not_by_its_twin(rows) -> None:
    assert one(rows, attack="").value == 1
    for attack in (FEATURE, MARGIN, WEAK, transfer_from("itself"), WORST):
        row = one(rows, attack=attack)
        assert (row.value, row.n, row.norm, row.eps) == (0.5, 8, "Linf", pytest.approx(8 / 255))
        assert unpack(row.bits, 8).tolist() == [False, False, True, True] * 2
    assert one(rows, attack=transfer_from("itself")).source == "same"
    mirror = one(rows, attack=transfer_from("its mirror"))
    assert (mirror.value, mirror.source) == (1, "reversed"), "what harms the mirror helps the network"


def test_the_worst_case_is_of_the_images_and_not_the_least_accuracy(tmp_path, monkeypatch) -> None:
    far = torch.zeros(4)
    fates = {"clean": (1, 1, 1, 1), WEAK: (1, 1, 0, 1), MARGIN: (0, 1, 1, 1), FEATURE: (1, 1, 1, 1)}
    found = {name: Outcome(torch.tensor(bits) == 1, far, far, 0.0) for name, bits in fates.items()}
    monkeypatch.setattr(adaptive, "attacked", lambda on, attacks, file: dict(found))
    rows = Adaptive((0.1, 0.2))(subject(angled(), EIGHT, tmp_path)).rows
    worst = one(rows, attack=WORST, eps=0.2)
    assert (worst.value, unpack(worst.bits, 4).tolist()) == (0.5, [False, True, False, True])
    assert len(rows) == 1 + 2 * 4, "clean once, and three attacks with their worst case at each radius"


def test_confusion_counts_true_class_by_said_class_and_the_nearest_centre(tmp_path) -> None:
    assert counts(torch.tensor([0, 0, 2]), torch.tensor([1, 1, 0]), 3).tolist() == [[0, 2, 0], [0, 0, 0], [1, 0, 0]]
    means = torch.tensor([[0.0], [1.0], [3.0], [float("nan")]])
    assert nearest_centre(means)[:3].tolist() == [1, 0, 1]
    rows = Confusion()(subject(angled(), EIGHT, tmp_path)).rows
    assert one(rows, metric="accuracy", attack="C&W").series["confusion"] == [[0, 4], [4, 0]]
    near = one(rows, metric="to the nearest centre")
    assert (near.value, near.n) == (1, 8)
