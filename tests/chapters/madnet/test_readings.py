"""The rows of the chapter's sentences, from rows of ten images: the right network, attack and radius, and seeds."""

import pytest
from chapters.madnet.stored import AT, FILES, NETWORK, fate
from chapters.stored_by_hand import stored_by_hand

from robustlib.chapters.madnet import readings
from robustlib.chapters.madnet.adaptive import FEATURE, MARGIN, WEAK, transfer_from
from robustlib.chapters.madnet.bound import DECISION, OWN, PRINTED
from robustlib.chapters.madnet.geometry import SMOOTHED
from robustlib.evaluation import wilson
from robustlib.experiments import Row, said
from robustlib.experiments.rows import unpack


@pytest.fixture(autouse=True)
def stored(monkeypatch):
    monkeypatch.setattr(readings, "stored_rows", stored_by_hand(FILES))


def value(row: Row | None) -> float | None:
    assert row is not None
    return row.value


def test_each_is_the_row_that_it_names() -> None:
    assert (
        readings.label("mad-pgd") == "MAD + PGD"
        and readings.name_of("mad", "cifar10", 56) == "madnet-cifar10-resnet56-mad"
    )
    for attack, share in (
        (WEAK, 0.7),
        (MARGIN, 0.5),
        (FEATURE, 0.4),
        (transfer_from("CE"), 0.9),
        (readings.AUTO, 0.75),
    ):
        assert value(readings.robust("mad", attack, 0.1)) == share
    assert value(readings.robust("mad", WEAK, 0.2)) == 0
    assert value(readings.bound("mad")) == 0.7 and value(readings.bound("mad", which=PRINTED)) == 0.9
    assert value(readings.bound("mad", which=DECISION)) == 1 and value(readings.bound("mad", "bound", OWN)) == 0.5
    assert value(readings.bound("mad", "Taylor remainder", "logits")) == 0.6
    assert value(readings.distortion("mad")) == 1 and value(readings.distortion("mad", "DDN")) == 2
    assert value(readings.geometry("ce")) == 0.25 and value(readings.geometry("ce", "Jacobian norm")) == 6
    assert value(readings.gradient("ce")) == 0.25 and value(readings.gradient("ce", SMOOTHED)) == 1.75
    assert value(readings.gradient("ce", SMOOTHED, "zero gradients")) == 0.1
    assert readings.radii("mnist")[0] == 0.1


def test_several_seeds_are_their_mean_between_the_least_and_the_most() -> None:
    for row, ends in ((readings.clean("mad"), (0.85, 0.8, 0.9)), (readings.geometry("mad"), (0.75, 0.5, 1.0))):
        assert row is not None and (row.value, row.low, row.high) == pytest.approx(ends) and row.seed is None
    suite = readings.suite("mad", 0.1)  # six of eight images, and eight of ten
    assert suite is not None and (suite.value, suite.low, suite.high) == pytest.approx((0.775, 0.75, 0.8))
    one = fate("1100", **AT)
    with pytest.raises(ValueError, match="2 rows of 1 seeds"):
        readings.over_seeds([one, one])
    assert readings.over_seeds([]) is None and readings.over_seeds([one]) is one


def test_the_transfers_together_are_the_images_that_no_twin_breaks() -> None:
    row = readings.robust("mad", readings.TRANSFERS, 0.1)
    assert row is not None and (row.value, row.n, row.eps, row.source) == (0.8, 10, 0.1, "")
    assert readings.robust("ce", readings.TRANSFERS, 0.1) is None, "it has no twin"


def test_the_worst_case_lays_all_attacks_in_the_ball_over_one_another() -> None:
    # On AutoAttack's eight: the attackers leave 0010100000, AutoAttack 00111111 and BIM 1111011111.
    row = readings.worst("mad", 0.1)
    assert row is not None and unpack(row.bits, 8).tolist() == [i == 2 for i in range(8)]
    assert (row.value, row.n, (row.low, row.high)) == (0.125, 8, wilson(1, 8))
    assert (row.attack, row.eps, row.reported, row.source) == (readings.WORST, 0.1, None, "")
    assert row == readings.robust("mad", readings.WORST, 0.1)
    assert value(readings.worst("mad", 0.2)) == 0


def test_a_smaller_ball_counts_and_a_larger_one_does_not(monkeypatch) -> None:
    files = dict(FILES)
    files[NETWORK, "adaptive", 0] = [
        *FILES[NETWORK, "adaptive", 0],
        fate("1111110000", attack=MARGIN, norm="Linf", eps=0.05),
    ]
    files[NETWORK, "standard", 0] = [fate("1111111111", attack=readings.AUTO, **AT)]
    files[NETWORK, "white-box", 0] = []
    files[NETWORK, "adaptive", 0] += [fate("0000000000", attack=MARGIN, norm="Linf", eps=0.15, moved=0.15)]
    monkeypatch.setattr(readings, "stored_rows", stored_by_hand(files))
    assert value(readings.worst("mad", 0.1)) == 0.2
    files[NETWORK, "adaptive", 0] += [fate("1101111111", attack="noise", norm="Linf", eps=0.05)]
    assert value(readings.worst("mad", 0.1)) == 0.1, "what breaks in the smaller ball breaks in the larger"


def test_without_autoattack_or_without_the_attackers_there_is_no_worst_case(monkeypatch) -> None:
    assert readings.worst("ce", 0.1) is None and readings.worst("pcl", 0.1) is None
    monkeypatch.setattr(readings, "stored_rows", stored_by_hand({k: v for k, v in FILES.items() if k[1] != "adaptive"}))
    assert readings.worst("mad", 0.1) is None
    with pytest.raises(ValueError, match="no such row"):
        said("{row}", row=readings.worst("mad", 0.1))


def test_what_a_figure_draws() -> None:
    assert readings.series("mad", "map")["label"] == [3] and readings.series("mad", "centroids") == [[0, 2], [2, 0]]
    assert readings.series("mad", "found") == [1.0] and readings.series("ce", "confusion", "cifar10") == [
        [0, 1],
        [2, 0],
    ]
    with pytest.raises(LookupError, match="no 'confusion' of madnet-mnist-resnet8-mad"):
        readings.series("mad", "confusion")
