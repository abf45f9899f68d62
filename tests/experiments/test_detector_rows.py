"""Rows of detectors, there and back; pictures as a series; a printed number that waits for its row."""

import pytest
import torch
from chapters.reverse_cross_entropy.ten_images import FIRST, SecondPixel, dataset, made, network, pixels

from robustlib.detectors import KernelDensity
from robustlib.evaluation import Detection
from robustlib.experiments.detector_rows import (
    before_and_after,
    clean_row,
    detection_record,
    detection_rows,
    gamma_curve,
    quantile_row,
    share_row,
)
from robustlib.experiments.pictures import pictures, unpacked
from robustlib.experiments.printed import awaited
from robustlib.experiments.rows import Row, unpack
from robustlib.experiments.tables import auc_cell


def attacked():
    """The ten images, nine of them right, seven of those broken."""
    x, y = dataset().test[:]
    return made(x, SecondPixel()(network(), x, y), [1] * 9 + [0], [1] * 7 + [0] * 3, y)


def test_a_record_is_made_of_rows_and_back():
    torch.manual_seed(0)
    found = Detection(torch.randn(30), torch.randn(20) - 1, torch.randn(40))
    rows = detection_rows(found, defense="non-ME", attack="PGD")
    assert detection_record(rows) == found.record() and {r.images for r in rows} == {
        "right when clean, wrong when attacked"
    }
    empty = detection_rows(Detection(torch.zeros(0), torch.zeros(0), torch.randn(40)))
    assert detection_record(empty) is None and {(r.value, r.n) for r in empty} == {(None, 0)}
    assert detection_rows(found, curves=False)[0].series == {}


def test_a_gamma_curve_is_the_detectors_own():
    density, found = KernelDensity.fit(network(), dataset().train, 2.6), attacked()
    curve = gamma_curve(density, found, (0.1, 2.6))
    for gamma, said in curve.items():
        assert said["auc"] == round(before_and_after(density.at(float(gamma)), found).auc, 5)
    kept = made(found.x, found.x, [1] * 10, [0] * 10)
    assert gamma_curve(density, kept, (0.1,)) == {"0.1": None}


def test_shares_and_quantiles():
    assert share_row("undetected", 1, 4).value == 0.25 and share_row("undetected", 0, 0).value is None
    row = quantile_row("distortion", torch.tensor([1.0, 2.0, 3.0, 4.0, 10.0]))
    assert (row.value, row.low, row.high, row.n, row.series) == (3.0, 2.0, 4.0, 5, {"mean": 4.0})
    bits = torch.tensor([True, False, True, True])
    clean = clean_row(bits)
    assert (clean.metric, clean.value, clean.attack) == ("accuracy", 0.75, "") and unpack(clean.bits, 4).tolist() == [
        1,
        0,
        1,
        1,
    ]


def test_pictures_come_back():
    found = unpacked(pictures(network(), attacked(), count=8))
    assert found["y"].tolist() == [0] * 8 and found["says"].tolist() == [1] * 7 + [0]  # the misread one is left out
    assert found["fooled"] == [True] * 7 + [False]
    assert torch.allclose(found["x"], pixels(*((a, 0, 0) for a in FIRST[:8])))
    assert torch.allclose(found["x_adv"][0], pixels((0, 165, 0))[0])


def test_a_printed_number_waits_for_its_row():
    row = awaited("rce", metric="AUC", dataset="cifar10", training="CE", attack="BIM", defense="K-density")
    assert row is not None and (row.value, row.n, row.reported) == (None, None, 1.0)
    assert auc_cell(row, "row", "column").said() == "100 | not run"
    assert awaited("rce", metric="AUC", dataset="cifar10", training="CE", attack="PGD") is None
    with pytest.raises(LookupError, match="3 printed numbers of rce"):
        awaited("rce", metric="AUC", dataset="cifar10", training="CE", attack="BIM")


def test_nothing_broken_is_not_nothing_run():
    cell = auc_cell(Row("AUC", None, 0), "row", "column")
    assert cell.said() == "none" and cell.note == "nothing was fooled: no pair to tell apart"
    assert auc_cell(None, "row", "column").said() == "not run" and auc_cell(None, "row", "column").note == ""
