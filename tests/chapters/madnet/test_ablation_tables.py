"""Every number that the tables of the ablation must print, from rows of ten images."""

import pytest
from chapters.madnet.stored import FILES
from chapters.stored_by_hand import stored_by_hand

from robustlib.chapters.madnet import ablation_tables, readings
from robustlib.evaluation import Cell
from robustlib.evaluation.intervals import wilson


@pytest.fixture(autouse=True)
def stored(monkeypatch):
    monkeypatch.setattr(readings, "stored_rows", stored_by_hand(FILES))
    monkeypatch.setattr(
        ablation_tables, "schedule", lambda name: "3 of 80 epochs, CPU" if "-mad" in name else "not run"
    )


def ours(cell: Cell) -> tuple:
    return cell.ours, cell.low, cell.high


def test_the_staircase_beside_the_worst_case() -> None:
    table = ablation_tables.ablation()
    assert table.rows == ["CE", "CE + smoothing", "CE + smoothing + Siamese", "CE + smoothing + Siamese + RVL", "MAD",
                          "MAD, released Jacobian", "CE + Jacobian"]  # fmt: skip
    assert table.columns[:3] == ["clean", "PGD-10, eps 0.1", "worst case, eps 0.1"]
    assert ours(table["MAD", "clean"]) == pytest.approx((85, 80, 90))
    assert ours(table["MAD", "PGD-10, eps 0.1"])[0] == pytest.approx(70)
    low, high = wilson(1, 8)
    assert ours(table["MAD", "worst case, eps 0.1"]) == pytest.approx((12.5, 100 * low, 100 * high))
    assert table["CE", "PGD-10, eps 0.1"].ours == 40
    assert table["CE", "worst case, eps 0.1"].ours is None, "AutoAttack has not run there"
    assert "n = 8 or 10," in table.caption and table.caption.endswith("Trained for 3 of 80 epochs, CPU.")


def test_the_geometry() -> None:
    table = ablation_tables.geometries()
    assert table.columns == ["eta", "margin, median", "Jacobian norm", "margin over Jacobian", "Davies-Bouldin",
                             "cluster variance", "cluster distance"]  # fmt: skip
    assert [table["CE", c].ours for c in table.columns] == [1.25, 3, 6, 0.25, 0.75, 1.5, 4.5]
    assert ours(table["CE", "margin over Jacobian"]) == (0.25, 0.125, 0.5), "the middle half of one seed's images"
    assert ours(table["MAD", "margin over Jacobian"]) == (0.75, 0.5, 1.0), "two seeds"
    assert table["PCL", "eta"].ours is None and len(table.rows) == 11
    assert ablation_tables.geometries("cifar10").rows == ["CE", "MAD"]


def test_the_bound() -> None:
    table = ablation_tables.bounds()
    assert [table["MAD", c].ours for c in table.columns] == pytest.approx([1, 0.5, 70, 90, 60, 100, 40])
    assert table.columns[2:6] == ["holds: nearest image", "holds: of the set, as printed",
                                  "holds: nearest image, logits", "holds: to the border, logits"]  # fmt: skip
    assert ours(table["MAD", "distortion found"]) == (1, 0.5, 1.5) and "PCL + PGD" not in table.rows


def test_the_adaptive_attackers() -> None:
    table = ablation_tables.adaptive()
    assert table.rows == ["CE", "PCL", "MAD", "CE + PGD", "PCL + PGD", "MAD + PGD"]
    expected = [85, 70, 50, 40, 80, 75, 12.5]
    assert [table["MAD", column].ours for column in table.columns] == pytest.approx(expected)
    assert table.columns[1:4] == ["PGD-10", "margin PGD", "feature attack on class means"]
    assert table.columns[4:] == ["transfer from the twins", "AutoAttack", "worst case of all attacks"]
    assert not table["CE", "transfer from the twins"].applies and table["MAD", "transfer from the twins"].applies
    assert "eps = 0.1, n = 8 or 10," in table.caption
    assert ablation_tables.adaptive(eps=0.2)["MAD", "PGD-10"].ours == 0
