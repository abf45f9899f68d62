"""Rows as evidence and as pictures, on rows and images that are known."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from chapters.ten_images import FIRST, subject

from robustlib.attacks import FGSM
from robustlib.evaluation import Evidence
from robustlib.experiments import Row, evidence, one, stored_pictures, stored_rows
from robustlib.experiments.pictures import PicturedAttack
from robustlib.figures import triptych

ROW = Row("accuracy", 0.5, 200, 0.43, 0.57, attack="PGD", norm="Linf", eps=0.1, seed=0, epochs=3, paper_epochs=10)


def test_one_row_is_its_own_interval() -> None:
    assert evidence(ROW) == Evidence(0.5, 0.43, 0.57, 200, "PGD", "L-infinity", 0.1, 1, "3 of 10 epochs")
    assert evidence([replace(ROW, epochs=None, norm="L2")]).schedule == ""


def test_seeds_are_their_mean_between_the_least_and_the_most() -> None:
    others = [replace(ROW, seed=k, value=v, low=v - 0.01, high=v + 0.01) for k, v in ((1, 0.4), (2, 0.3))]
    found = evidence([ROW, *others])
    assert (found.value, found.low, found.high) == pytest.approx((0.4, 0.3, 0.5))
    assert (found.n, found.seeds) == (200, 3)


@pytest.mark.parametrize(
    ("rows", "said"),
    [([], "no row"), ([ROW, replace(ROW, seed=1, eps=0.2)], "in eps"), ([ROW, ROW], "2 rows of 1 seeds"),
     ([replace(ROW, low=None, high=None)], "no value with an interval"),
     ([replace(ROW, n=None)], "on how many images")],
)  # fmt: skip
def test_rows_that_are_no_evidence(rows: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        evidence(rows)


def test_an_attack_is_pictured(tmp_path: Path) -> None:
    """FGSM at 0.06 moves every first pixel that counts; the images 7, 8 and 9 lie within it of the border at 0.5."""
    rows = PicturedAttack("FGSM", FGSM(0.06), count=9)(subject(tmp_path)).rows
    assert (rows[0].value, rows[0].attack) == (0.9, "")
    row = one(rows, attack="FGSM")
    assert (row.eps, row.norm, row.n) == (0.06, "Linf", 10)
    kept = stored_pictures(replace(row, dataset="mnist"), count=9)
    assert kept["x"][:, 0, 0, 0].mul(255).round().int().tolist() == list(FIRST[:9])
    assert kept["said"].argmax(1).tolist() == kept["y"].tolist()
    right = kept["said_adv"].argmax(1) == kept["y"]
    assert right.tolist() == [True] * 6 + [False] * 3 and kept["classes"] == tuple("0123456789")
    assert float((kept["x_adv"] - kept["x"]).abs().max()) == pytest.approx(0.06, abs=1 / 255)


def test_a_photograph_and_its_attacked_one_are_stored() -> None:
    import robustlib.chapters  # noqa: F401 (they join the registry)

    row = one(stored_rows("target-cifar-resnet20", "pictured"), attack="PGD")
    kept = stored_pictures(row)
    assert kept["x"].shape == (4, 3, 32, 32) and kept["classes"][3] == "cat"
    assert (kept["x_adv"] - kept["x"]).abs().max() <= 8 / 255 + 1e-6
    assert (kept["said"].argmax(1) == kept["y"]).all() and (kept["said_adv"].argmax(1) != kept["y"]).all()
    assert "says" in repr(triptych(**kept, caption="PGD"))


def test_digits_of_an_older_row_were_right_when_clean() -> None:
    row = one(stored_rows("dundi-mnist-feinman", "bayesian"), metric="accuracy", attack="FGSM")
    kept = stored_pictures(row, 2)
    assert torch.equal(kept["said"], kept["y"]) and len(kept["x"]) == 2


def test_a_row_without_pictures() -> None:
    with pytest.raises(ValueError, match="accuracy PGD at 0.1 of no measurement stores no pictures"):
        stored_pictures(ROW)
    with pytest.raises(ValueError, match="1 to 16 stored pictures, got 17"):
        stored_pictures(replace(ROW, series={"pictures": {}}), 17)
