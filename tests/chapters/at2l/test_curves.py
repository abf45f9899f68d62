"""What the figures of the rounds draw, of ten images."""

import pytest
from chapters.stored_by_hand import of_ten, stored_by_hand

from robustlib.chapters.at2l import curves, tables
from robustlib.evaluation import wilson

A = "at2l-mnist-a"


def test_errors_and_the_papers_curves(monkeypatch):
    def file(static: int, adaptive: int):
        made = ((static, A), (adaptive, ""))
        return [of_ten(right, attack="FGSM", eps=0.3, source=source) for right, source in made]

    files = {(A, "known", 0): [of_ten(1, attack="FGSM", eps=0.3)]}
    files |= {(f"{A}-known-{s}-{m}-1", "known", 0): file(8, 3)
              for s, m in (("gradient", "at2l"), ("fgsm", "triplet"))}  # fmt: skip
    monkeypatch.setattr(tables, "stored_rows", stored_by_hand(files))
    found = curves.panel("4", "gradient", "FGSM")
    low, high = wilson(8, 10)
    assert found["ours"]["AT2L", "static"][1] == pytest.approx((0.2, 1 - high, 1 - low))
    assert found["ours"]["AT2L", "static"].keys() == {0, 1}
    assert found["ours"]["AT2L", "adaptive"][1][0] == pytest.approx(0.7)
    assert found["ours"]["AT2L", "adaptive"][0][0] == pytest.approx(0.9)
    assert found["ours"]["adversarial training", "static"] == {}, "the undefended network alone is no curve"
    assert found["paper"].keys() == {"adversarial training", "AT2L"} and len(found["paper"]["AT2L"]) == 11
    assert found["paper"]["adversarial training"][:2] == [90.1, 58.3]
    third = curves.panel("4", "fgsm", "FGSM")
    assert third["ours"]["triplet alone", "static"][1][0] == pytest.approx(0.2) and third["paper"] == {}
    assert len(third["ours"]) == 6
