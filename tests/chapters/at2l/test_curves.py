"""What the figures of the rounds draw, of ten images."""

import pytest
import torch
from chapters.stored_by_hand import of_ten, stored_by_hand

from robustlib.chapters.at2l import comparison_tables, curves, tables
from robustlib.evaluation import wilson
from robustlib.experiments import Row
from robustlib.experiments.rows import pack

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


def test_gains_by_setting_and_triplet(monkeypatch):
    def kept(*right: bool) -> Row:
        return Row(
            "accuracy", sum(right) / len(right), len(right), 0, 1, attack="APGD-T", bits=pack(torch.tensor(right))
        )

    files = {("at2l-mnist-pgd-0.3-none", "paired", 0): [kept(True, False, False, False)]}
    files[("at2l-mnist-pgd-0.3-tla", "paired", 0)] = [kept(True, True, True, False)]
    monkeypatch.setattr(comparison_tables, "stored_rows", stored_by_hand(files))
    found = curves.gains()
    assert set(curves.SETTINGS) == set(comparison_tables.PAIRS) and list(found) == list(curves.SETTINGS.values())
    assert {"none", *curves.TRIPLETS} == set(comparison_tables.TERMS)
    assert found["MNIST, eps 0.3"]["TLA"].value == 0.5
    assert [d for inside in found.values() for d in inside.values()].count(None) == 15
