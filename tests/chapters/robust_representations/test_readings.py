"""The rows that the chapter's sentences speak of, from ten images by hand."""

import pytest
from chapters.robust_representations.test_tables import swept
from chapters.stored_by_hand import of_ten, stored_by_hand

from robustlib.chapters.robust_representations import readings, tables
from robustlib.experiments import Row


@pytest.fixture(autouse=True)
def stored(monkeypatch):
    files = {("rr-convnet-ours", "attacked", 0): [of_ten(9), of_ten(4, attack="PGD", norm="Linf", eps=0.3)]}
    files["rr-convnet-ours", "attacked", 0].append(of_ten(8, attack="PGD", defense="x", norm="Linf", eps=0.3))
    for seed, (worst, apart) in enumerate(((1, 3.0), (5, 4.0), (3, 8.0))):
        files["rr-lenet-ours", "attacked", seed] = [Row("separation", apart, 5000)]
        files["rr-lenet-ours", "sweep", seed] = swept({0.1: worst, 0.2: 0})
        at = {"attack": "APGD-T", "norm": "Linf"}
        files["at2l-mnist-pgd-0.2-rr", "paired", seed] = [of_ten(9), of_ten(worst + 2, eps=0.2, **at)]
        files["at2l-cifar10-nfgsm-rr", "paired", seed] = [of_ten(9), of_ten(worst + 1, eps=8 / 255, **at)]
    suite = [of_ten(k, attack=a, norm="Linf", eps=0.1) for a, k in (("AutoAttack", 2), ("margin PGD", 6))]
    files["rr-lenet-ours", "standard", 0] = [of_ten(9), *suite]
    for module in (readings, tables):
        monkeypatch.setattr(module, "stored_rows", stored_by_hand(files))


def test_a_reading_of_one_seed_is_its_row():
    assert readings.under("ours", "PGD").value == 0.4 and readings.under("ours", "").value == 0.9
    assert readings.under("ours", "PGD", "x").value == 0.8
    assert readings.suite("ours", 0.1).value == 0.2 and readings.suite("ours", 0.1, "margin PGD").value == 0.6
    with pytest.raises(LookupError):
        readings.under("softmax", "PGD")


def test_of_several_seeds_it_is_the_mean_between_the_least_and_the_most():
    for found, numbers in (
        (readings.swept("ours", 0.1), (0.3, 0.1, 0.5)),
        (readings.separation("ours"), (5, 3, 8)),
    ):
        assert (found.value, found.low, found.high) == pytest.approx(numbers)
    assert [row.value for row in readings.of_every_seed("ours", 0.1)] == [0.1, 0.5, 0.3]
    assert [row.value for row in readings.beside_pgd("rr")] == [0.3, 0.7, 0.5]


def test_seed_0_alone_is_compared_where_a_neighbour_has_no_other():
    assert readings.joint("ours", 0.1).value == 0.1 and readings.joint("joint", 0.1) is None
    assert [row.value for row in readings.beside_pgd("rr", readings.COLOURS)] == [0.2]


def test_several_seeds_are_said_without_the_brackets_of_an_interval():
    assert readings.spoken(readings.of_every_seed("ours", 0.1)) == "30.0\u00a0% (10.0 to 50.0 in 3 seeds)"
    assert readings.spoken(readings.of_every_seed("ours", 0.1)[:1]) == "10.0 % [1.8, 40.4; n = 10]"
    with pytest.raises(ValueError, match="0 rows"):
        readings.spoken([])


def test_what_was_not_run_is_none():
    assert readings.swept("joint", 0.1) is None and readings.separation("joint") is None
    assert readings.suite("ours", 0.3) is None and readings.beside_pgd("none") == []
    assert readings.of_every_seed("joint", 0.1) == []


def test_the_published_pair_is_in_shares_and_in_order():
    assert readings.published() == pytest.approx((0.4404, 0.4741))


def test_the_order_of_two_rows_is_by_their_intervals():
    less, more, near = (of_ten(k, attack="PGD", norm="Linf", eps=0.1) for k in (0, 9, 8))
    assert readings.order(less, more) == "less than" and readings.order(more, less) == "more than"
    assert readings.order(near, more) == readings.NOT_APART and readings.order(None, more) == "not run"
