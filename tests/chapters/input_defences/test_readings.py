"""The rows of the chapter's sentences, from rows of ten images: the right network, attack, source and defence."""

import pytest
import torch
from chapters.stored_by_hand import of_ten, stored_by_hand

from robustlib.chapters.input_defences import readings, what_is_left
from robustlib.chapters.input_defences.readings import ENSEMBLE, PROJECTED, RANDOMISED, VANILLA, WORST
from robustlib.experiments import Row
from robustlib.experiments.rows import pack

PLAIN = "input-mnist-plain"


def fate(bits: str, **columns: str) -> Row:
    """An accuracy of which it is written for each image whether it stands."""
    right = torch.tensor([c == "1" for c in bits])
    return Row("accuracy", right.double().mean().item(), len(right), 0.0, 1.0, bits=pack(right), **columns)


FILES = {
    (PLAIN, "attacked", 0): [of_ten(10), of_ten(0, attack="FGSM", eps=0.3)],
    ("input-mnist-thermometer-7", "attacked", 0): [
        of_ten(9), of_ten(8, attack="FGSM", eps=0.3), of_ten(6, attack="FGSM", eps=0.3, source=PLAIN),
        of_ten(7, attack="LS-PGA", eps=0.3), of_ten(3, attack=WORST, eps=0.3)],
    ("input-mnist-thermometer-7-triplet", "attacked", 0): [of_ten(5, attack=WORST, eps=0.3)],
    ("input-cifar10-plain", "randomised", 0): [
        of_ten(9), of_ten(8, defense=RANDOMISED), of_ten(1, attack="FGSM"),
        of_ten(6, attack="FGSM", defense=RANDOMISED, source=VANILLA),
        of_ten(4, attack="FGSM", defense=RANDOMISED, source=ENSEMBLE), of_ten(2, attack=WORST, defense=RANDOMISED)],
    ("input-mnist-a-triplet", "projected", 0): [
        of_ten(10), of_ten(9, defense=PROJECTED), of_ten(2, attack="FGSM"),
        of_ten(8, attack="FGSM", defense=PROJECTED, source="input-mnist-a-triplet"),
        of_ten(3, attack="on-manifold", eps=0.3, defense=PROJECTED)],
    ("input-cifar10-adversarial", "randomised", 0): [of_ten(7, defense=RANDOMISED)],
    ("input-mnist-gan", "reconstruction", 0): [Row("reconstruction error", 0.01, 10, 0.005, 0.02)],
}  # fmt: skip


@pytest.fixture(autouse=True)
def stored(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (readings, what_is_left):
        monkeypatch.setattr(module, "stored_rows", stored_by_hand(FILES))


def value(row: Row | None) -> float | None:
    assert row is not None
    return row.value


def test_each_is_the_row_that_it_names() -> None:
    assert value(readings.plain("mnist")) == 1 and value(readings.plain("mnist", "FGSM")) == 0
    of = readings.thermometer
    assert [value(of("mnist", 7, attack=a)) for a in ("", "FGSM", "LS-PGA")] == [0.9, 0.8, 0.7]
    assert value(of("mnist", 7, attack="FGSM", unknown=True)) == 0.6 and value(of("mnist", 7, True, WORST)) == 0.5
    assert of("mnist", 1) is None and of("cifar10", 7) is None and of("mnist", 7, True) is None
    views = [readings.randomised(attack="FGSM", source=s) for s in (VANILLA, ENSEMBLE)]
    assert [value(row) for row in views] == [0.6, 0.4] and value(readings.randomised(attack=WORST)) == 0.2
    assert value(readings.randomised()) == 0.8 and value(readings.randomised(alone=True)) == 0.9
    assert value(readings.randomised(attack="FGSM", alone=True)) == 0.1 and readings.randomised(True) is None
    assert value(readings.randomised(control=True)) == 0.7 and readings.randomised(alone=True, control=True) is None
    behind = readings.projected
    assert value(behind("a", True)) == 0.9 and value(behind("a", True, "FGSM", static=True)) == 0.8
    assert value(behind("a", True, "on-manifold")) == 0.3
    assert value(behind("a", True, alone=True)) == 1 and value(behind("a", True, "FGSM", alone=True)) == 0.2
    assert behind("a", True, "FGSM") is None and behind("b") is None
    assert value(readings.reconstruction()) == 0.01


def test_the_line_with_the_triplet_is_in_the_table_too() -> None:
    labels = {line.label for line in what_is_left.lines()}
    for label in ("MNIST, thermometer (7 steps)", "CIFAR-10, random views", "MNIST, Defense-GAN, model B"):
        assert {label, readings.with_triplet(label)} <= labels and "triplet" in readings.with_triplet(label)


def test_what_is_left_is_a_cell_of_the_table() -> None:
    label = "MNIST, Defense-GAN, model A with triplet"
    assert value(readings.left(label)) == 0.3 and value(readings.left(label, "no attack")) == 0.9
    either = readings.left("CIFAR-10, random views", "the paper's attacks")
    assert value(either) == 0.4, "vanilla and ensemble-pattern together"
    assert readings.left("MNIST, Defense-GAN, model B") is None
    with pytest.raises(LookupError, match="no line 'model A'; there are MNIST, no defence"):
        readings.left("model A")


def test_a_gain_is_the_first_less_the_second_image_by_image() -> None:
    found = readings.gain(fate("1111100000"), fate("1100110000"))
    # d = 0 0 1 1 0 -1 0 0 0 0: mean 0.1, standard deviation sqrt((3 - 0.1) / 9)
    assert found is not None and found.value == pytest.approx(10) and found.n == 10
    assert found.high - found.value == pytest.approx(196 * (2.9 / 9) ** 0.5 / 10**0.5) == found.value - found.low
    other = readings.gain(fate("1100110000"), fate("1111100000"))
    assert other is not None and other.value == pytest.approx(-10)
    short = readings.gain(fate("1111"), fate("0111111111"))
    assert short is not None and short.n == 4 and short.value == pytest.approx(25)
    assert readings.gain(None, fate("1")) is None and readings.gain(fate("1"), Row("accuracy", 1.0, 1)) is None
