"""The tables of the chapter on attacks, from rows of ten images, worked out by hand."""

import json

import pytest
from chapters.stored_by_hand import of_ten, stored_by_hand

from robustlib.attacks import PGD
from robustlib.chapters.attacks import peers, tables
from robustlib.describe import describe
from robustlib.experiments import Row
from robustlib.geometry import L2

PLAIN, ROBUST = tables.NETWORKS.values()


def budget(eps: float, more: int) -> list[Row]:
    """The k-th attack leaves 9 - k/2, on the second network `more`; it takes k forward and 2k backward passes."""
    at = {"norm": "Linf", "eps": eps}
    rows = [of_ten(8 + more), of_ten(more, attack="worst case", **at)]
    for k, name in enumerate(tables.AHEAD):
        rows.append(of_ten(7 - k // 2 + more, attack=name, **at))
        spent = {"forward passes": k + more / 10, "backward passes": 2 * k + more / 10}
        rows += [Row(metric, value, 4, attack=name) for metric, value in spent.items()]
    return rows


def nearest(shift: float) -> list[Row]:
    """One attack that fails at two of five images."""
    sizes = [0.0, 1.0, 2.0 + shift, None, None]
    found = Row("distance", 1.0, 3, attack="DDN", norm="L2", series={"of each image": sizes, "mean": 1 + shift / 3})
    spent = {"forward passes": 7.4, "backward passes": 5.0}
    rows = [of_ten(9), of_ten(1, attack="DDN", norm="L2"), found]
    rows += [Row(metric, value, 4, attack="DDN") for metric, value in spent.items()]
    return rows + [of_ten(k, attack="PGD", norm="L2", eps=eps, steps=100) for eps, k in ((0.5, 6), (1.0, 4))]


@pytest.fixture(autouse=True)
def stored(monkeypatch, tmp_path):
    curve = [of_ten(9), *(of_ten(k, attack="BIM", eps=0.1, steps=t) for t, k in ((10, 3), (2, 5)))]
    files = {
        (PLAIN, "budget", 0): budget(0.1, 0),
        (ROBUST, "budget", 0): budget(0.2, 1),
        (PLAIN, "nearest", 0): nearest(0.0),
        (ROBUST, "nearest", 0): nearest(1.0),
        (PLAIN, "passes", 0): [*curve, of_ten(2, attack="APGD", eps=0.1, steps=5)],
    }
    monkeypatch.setattr(tables, "stored_rows", stored_by_hand(files))
    monkeypatch.setenv("ROBUSTLIB_RESULTS", str(tmp_path))


def test_strength_and_cost_side_by_side():
    table = tables.strength()
    columns = ["plain, eps 0.1", "adversarially trained, eps 0.2", "forward passes", "backward passes"]
    assert table.columns == columns and table.rows == ["clean", *tables.AHEAD]
    said = {row: [table[row, column].ours for column in columns] for row in table.rows}
    assert said["clean"] == [80, 90, 1, 0]
    assert said["noise"] == [70, 80, 0.1, 0.1], "the passes are those through the second network"
    assert said["AutoAttack"] == [20, 30, 10.1, 20.1] and said["MIM"] == [50, 60, 4.1, 8.1]
    cell = table["AutoAttack", "adversarially trained, eps 0.2"]
    assert (round(cell.low, 1), round(cell.high, 1), cell.n) == (10.8, 60.3, 10)
    assert table["PGD", "forward passes"].n is None
    assert "n = 10 official" in table.caption and table.caption.endswith("mean of 4.")


def test_distances_are_over_the_images_that_were_broken():
    table = tables.nearest()
    assert table.rows == (
        ("DDN (plain)", "1.000", "1.000", "2", "7", "5"),
        ("DDN (adversarially trained)", "1.333", "1.000", "2", "7", "5"),
    )
    assert "n = 5 official" in table.caption and table.caption.endswith("first 4.")


def test_curves_are_in_order():
    curves = tables.climb_curves(PLAIN)
    assert list(curves) == ["APGD", "BIM"] and list(curves["BIM"]) == [2, 10]
    assert curves["BIM"][10] == pytest.approx((0.3, 0.1078, 0.6032), abs=1e-4)
    assert {eps: share for eps, (share, _, _) in tables.l2_points(PLAIN).items()} == {0.5: 0.6, 1.0: 0.4}
    assert tables.distances(ROBUST) == {"DDN": [0.0, 1.0, 3.0, None, None]}
    assert tables.worst_case(ROBUST) == pytest.approx((0.1, 0.0179, 0.4042), abs=1e-4)
    with pytest.raises(LookupError):
        tables.worst_case("never measured")


def test_without_results_the_tables_say_so(monkeypatch):
    monkeypatch.setattr(tables, "stored_rows", stored_by_hand({}))
    assert all(c.ours is None for c in tables.strength().cells if c.row != "clean") and str(tables.strength())
    assert tables.nearest().rows == ()


def test_the_peers_stand_beside_ours(tmp_path):
    with pytest.raises(FileNotFoundError, match="make peers"):
        tables.peers()
    (tmp_path / "peers").mkdir()
    side = {"success": 1.0, "mean_norm": 1.25}
    line = {"version": "1.2", "n": 10, "ratio": 1.5, "ours": side, "peer": side | {"mean_norm": None}}
    line |= {"network": "rr-lenet-softmax", "attack": {"class": "DDN", "steps": 100}}
    (tmp_path / "peers" / "ddn-100.json").write_text(json.dumps({"foolbox": line}))
    pgd = {"class": "PGD", "steps": 40, "eps": 0.2, "norm": {"class": "Linf"}, "random_start": False}
    line |= {"ours": {"robust_accuracy": 0.31}, "peer": {"robust_accuracy": 0.32}, "ratio": 0.92}
    line |= {"attack": pgd | {"stop_early": True}, "network": "target-cifar-resnet20"}
    tiny = line | {"attack": pgd | {"stop_early": False, "random_start": True, "eps": 1 / 255}}
    (tmp_path / "peers" / "pgd-40.json").write_text(json.dumps({"torchattacks": line, "adv-lib": tiny}))
    on, how = "CIFAR-10, plain", "40 steps; from the image itself; stops at the first error; L-infinity, eps 0.2"
    assert tables.peers().rows == (
        ("PGD", "40 steps; L-infinity, eps 1/255", on, "10", "adv-lib 1.2", "31.0", "32.0", "0.92"),
        ("PGD", how, on, "10", "torchattacks 1.2", "31.0", "32.0", "0.92"),
    )
    line = (
        "DDN",
        "100 steps; nearest in L2",
        "MNIST, plain",
        "10",
        "foolbox 1.2",
        "1.250",
        "100",
        "none",
        "100",
        "1.50",
    )
    assert tables.peers_nearest().rows == (line,)


def test_every_piece_of_advice_is_whole():
    assert all(len(row) == 3 and all(row) for row in tables.advice().rows)


def test_a_comparison_as_it_is_written_today_is_read_with_the_defaults_that_it_leaves_out():
    short = describe(PGD(0.2, alpha=0.01))
    assert "random_start" not in short and "norm" not in short
    whole = peers._whole(short)
    assert whole["random_start"] and not whole["stop_early"] and whole["steps"] == 40
    assert peers._setting("PGD", whole, True) == "40 steps; L-infinity, eps 0.2"
    assert peers._setting("PGD", peers._whole(describe(PGD(1.5, norm=L2(), random_start=False))), True) == (
        "40 steps; from the image itself; L2, eps 1.5"
    )
