"""What the paper's own numbers say, on curves made by hand and on the printed tables."""

import pytest

from robustlib.chapters.at2l import repeats
from robustlib.chapters.at2l.repeats import Counted, printed_stretches, regularised, stretches

A, B, C = ("one", "AT"), ("two", "AT"), ("one", "AT2L")


def test_a_stretch_is_consecutive_and_begins_after_iteration_0() -> None:
    curves = {A: [9.0, 5.0, 4.0, 3.0, 2.0, 7.0], B: [9.0, 5.0, 4.0, 3.0, 8.0, 7.0], C: [9.0, 1.0, 4.0, 3.0, 2.0, 0.0]}
    found = stretches(curves, 3)
    assert [(s.first, s.second, s.start, s.values) for s in found] == [
        (A, B, 1, (5.0, 4.0, 3.0)),
        (A, C, 2, (4.0, 3.0, 2.0)),
    ]
    assert stretches(curves, 4) == []
    assert [len(s.values) for s in stretches(curves, 1)] == [3, 3, 2, 1], "the longest first; 7.0 alone is one too"


def test_the_printed_curves_share_three_stretches() -> None:
    found = [(s.first[0], s.second[0], s.first[1], s.start, len(s.values)) for s in printed_stretches(5)]
    assert found == [
        ("CIFAR-10, known, C&W", "CIFAR-10, unknown, C&W", "AT2L, gradient-based", 2, 8),
        ("CIFAR-10, known, C&W", "CIFAR-10, unknown, C&W", "AT, gradient-based", 3, 6),
        ("MNIST, known, FGSM", "CIFAR-10, known, FGSM", "AT2L, gradient-based", 2, 5),
    ]
    assert "48.1 47.3 46.2 44.1 42.9" in str(repeats.repeats())


def test_signs_are_counted_by_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    def line(training: str, value: str, model: str = "A") -> dict[str, str]:
        return {"model": model, "attack": "FGSM", "attack_params": "", "training": training, "value": value}

    plus = " + triplet regularization"
    lines = [line("DG", "1.0"), line(f"DG{plus}", "0.5"), line("DG", "2.0", "B"), line(f"DG{plus}", "2.0", "B")]
    lines += [line("DG", "3.0", "C"), line(f"DG{plus}", "3.5", "C"), line("none", "90")]
    monkeypatch.setattr(repeats, "printed", lambda paper, table: lines)
    assert regularised("table3") == Counted(lower=1, equal=1, higher=1) and regularised("table3").all == 3
    lines.append(line(f"Rand{plus}", "1.0"))
    with pytest.raises(ValueError, match="no number beside 'Rand"):
        regularised("table3")


def test_the_printed_signs() -> None:
    assert [regularised(f"table{k}") for k in (1, 2, 3)] == [Counted(6, 0, 0), Counted(11, 0, 1), Counted(6, 1, 1)]
