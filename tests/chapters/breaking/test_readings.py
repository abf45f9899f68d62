"""What is left of a defence and of its control under the same attacks, from ten images by hand."""

import pytest
from chapters.breaking.by_hand import DUNDI, FILES, MAD, fate
from chapters.stored_by_hand import of_ten, stored_by_hand

from robustlib.chapters.breaking import readings
from robustlib.chapters.breaking.defences import DEFENCES
from robustlib.experiments import Row
from robustlib.experiments.registry import experiment


@pytest.fixture(autouse=True)
def stored(monkeypatch):
    monkeypatch.setattr(readings, "stored_rows", stored_by_hand(FILES))


def test_the_papers_own_attack_is_found_with_the_printed_number_of_its_defence():
    found = readings.own("madnet")
    assert found.value == 0.9 and found.reported == pytest.approx(0.924)
    assert readings.own("madnet", control=True).value == 0.1
    dundi = readings.own("dundi")
    assert dundi.value == 0.8 and dundi.reported == pytest.approx(0.9807), "ten oracles; the mean of the paper's six"
    assert readings.own("dundi", control=True).reported is None


def test_only_attacks_that_both_met_count_and_every_digit_has_to_stand_them_all():
    defence, control = readings.both("madnet", 0.1)
    # Without the transfer, the union, the larger ball and what left its ball: 0111100000 without the fourth digit.
    assert defence.value == 0.3 and defence.n == 10 and defence.eps == 0.1
    assert control.value == 0.1, "the first alone"
    assert readings.alone("madnet", 0.1).value == 0.1, "with the transfer the second digit alone"
    assert readings.strongest("madnet").value == 0.3 and readings.strongest("madnet", control=True).value == 0.1


def test_one_attack_has_two_names_and_is_the_same():
    assert [row.value for row in readings.both("dundi", 0.3)] == [0.1, 0.3]


def test_at_a_radius_where_nothing_was_run_nothing_is_said():
    assert readings.both("madnet", 0.15) == (None, None), "smaller balls were attacked, and this one was not"
    assert readings.strongest("rr") is None and readings.own("rr") is None and readings.alone("rr", 0.3) is None


def test_a_search_without_a_radius_is_the_strongest_by_itself(monkeypatch):
    name, at = DEFENCES["rce"].defended.network, {"norm": "L2", "defense": "K-density", "false_positives": 0.5}
    rows = [of_ten(6, attack="detector-aware C&W", **at), of_ten(9, attack="C&W-wb as printed", **at)]
    rows = [Row(**{**vars(row), "metric": "detected"}) for row in rows]
    rows += [Row("detected", 0.2, 10, attack="detector-aware C&W", **{**at, "false_positives": 0.05})]
    monkeypatch.setattr(readings, "stored_rows", stored_by_hand({(name, "white-box", 0): rows}))
    assert (readings.own("rce").value, readings.strongest("rce").value) == (0.9, 0.6)
    assert readings.detected(false_positives=0.05).value == 0.2 and readings.detected().value == 0.6


def test_static_and_adaptive_attacks_of_one_name_are_told_apart(monkeypatch):
    name = DEFENCES["at2l"].defended.network
    rows = [fate("1" * 10, "FGSM", 0.3, source="at2l-mnist-a"), fate("1" * 4 + "0" * 6, "FGSM", 0.3)]
    monkeypatch.setattr(readings, "stored_rows", stored_by_hand({(name, "known", 0): rows}))
    assert readings.adaptive_at2l("FGSM", static=True).value == 1.0 and readings.adaptive_at2l("FGSM").value == 0.4
    assert readings.adaptive_at2l("PGD") is None and readings.adaptive_at2l("FGSM", triplet=False) is None


def test_a_curve_starts_at_the_clean_accuracy(monkeypatch):
    rows = [of_ten(9), fate("1" * 5 + "0" * 5, "PGD", 0.2), fate("1" * 8 + "00", "PGD", 0.1)]
    monkeypatch.setattr(readings, "stored_rows", stored_by_hand({(MAD, "sweep", 0): rows}))
    assert {eps: row.value for eps, row in readings.curve(MAD, "PGD").items()} == {0.0: 0.9, 0.1: 0.8, 0.2: 0.5}
    assert readings.curve(MAD, "FGSM") == {}


def test_the_bound_and_what_was_found_are_those_of_each_image(monkeypatch):
    series = {"margin of the image": [1.0, 2.0], "found": [1.5, 1.0]}
    rows = [
        Row("distortion", 1.25, 2, attack="least of all attacks", series=series),
        Row("bound holds", 0.5, 2, 0.1, 0.9, defense="margin of the image"),
        Row("bound holds", 1.0, 2, 0.3, 1.0, defense="margin of the set, as printed"),
    ]
    monkeypatch.setattr(readings, "stored_rows", stored_by_hand({(MAD, "bound", 0): rows}))
    assert readings.bound().value == 0.5 and readings.bound_and_found() == ([1.0, 2.0], [1.5, 1.0])
    monkeypatch.setattr(readings, "stored_rows", stored_by_hand({}))
    assert readings.bound() is None and readings.bound_and_found() is None


def test_what_other_trainings_keep_is_read_at_their_radius(monkeypatch):
    rows = {
        ("at2l-mnist-pgd-0.2-none", "adaptive", 0): [fate("1110000000", "worst case", 0.2)],
        ("madnet-mnist-resnet8-jacobian", "standard", 0): [
            fate("1100000000", "worst case of the suite"),
            fate("0000000000", "worst case of the suite", 0.2),
        ],
    }
    monkeypatch.setattr(readings, "stored_rows", stored_by_hand(rows))
    assert readings.trained_on_pgd("none").value == 0.3 and readings.suite("jacobian").value == 0.2


def test_every_defence_names_networks_of_the_registry_and_two_different_ones():
    for of in DEFENCES.values():
        assert experiment(of.defended.network) is not experiment(of.control.network), of.label
    assert DEFENCES["dundi"].defended.network == DUNDI
