"""Each table and each figure's input from a few rows, with the number that must be printed."""

import csv
from typing import Any

import pytest
import torch

from robustlib.chapters.reverse_cross_entropy import (
    curves,
    detector_attack_tables,
    readings,
    tables,
    verdict_tables,
    white_box_tables,
)
from robustlib.chapters.reverse_cross_entropy.measures import OBLIVIOUS
from robustlib.datasets import data_folder
from robustlib.evaluation import wilson
from robustlib.experiments.printed import join, reported, without_counterpart
from robustlib.experiments.rows import Row, pack


@pytest.fixture
def store(monkeypatch, tmp_path):
    """Where rows are put that the tables then read, each with the printed number that belongs beside it."""
    monkeypatch.setenv("ROBUSTLIB_RESULTS", str(tmp_path))  # nothing was trained: every schedule says "not run"
    rows: list[Row] = []

    def stored_rows(network, kind, seed=None):
        kinds = (kind,) if isinstance(kind, str) else kind
        found = [r for r in rows if r.network == network and r.measurement in kinds]
        return join([r for r in found if seed is None or r.seed in (None, seed)], reported("rce"))

    for module in (tables, white_box_tables, curves, verdict_tables, detector_attack_tables, readings):
        monkeypatch.setattr(module, "stored_rows", stored_rows)

    def put(
        metric: str, value: Any, n: int, kind: str, loss: str = "RCE", dataset: str = "mnist", **columns: Any
    ) -> None:
        depth = columns.pop("depth", 32)
        low, high = columns.pop("ends", (None, None))
        of = {"network": tables.network(dataset, loss, depth), "dataset": dataset, "training": loss}
        rows.append(Row(metric, value, n, low, high, measurement=kind, model=f"ResNet-{depth}", **of, **columns))

    return put


def share(hits: int, n: int) -> dict[str, Any]:
    """A share with its interval."""
    return {"value": hits / n, "n": n, "ends": wilson(hits, n)}


def percent(hits: int, n: int) -> tuple[float, ...]:
    """Such a share and the ends of its interval, in per cent, as `said` has them."""
    return tuple(round(100 * v, 6) for v in (hits / n, *wilson(hits, n)))


def said(cell: Any) -> tuple[Any, ...]:
    """What a cell prints."""
    ends = [None if v is None else round(v, 6) for v in (cell.paper, cell.ours, cell.low, cell.high)]
    return *ends, cell.n


def test_table_1_turns_accuracy_into_error_with_its_interval(store):
    store("accuracy", kind="clean", **share(9965, 10_000))
    store("accuracy", kind="clean", attack="FGSM", eps=0.1, **share(10, 1000))
    table = tables.table1()
    row = "ResNet-32 (RCE) (MNIST not run; CIFAR-10 not run)"
    low, high = wilson(9965, 10_000)
    assert said(table[row, "MNIST"]) == (0.29, 0.35, round(100 - 100 * high, 6), round(100 - 100 * low, 6), 10_000)
    assert table[row, "MNIST"].said(2) == "0.29 | 0.35 [0.25, 0.49]"
    assert table[row, "CIFAR-10"].said(2) == "7.02 | not run" and len(table.rows) == 4
    assert table["ResNet-56 (CE) (MNIST not run; CIFAR-10 not run)", "CIFAR-10"].paper == pytest.approx(6.49)


def test_table_2_takes_the_named_radius_and_jsma_the_nearest(store):
    for eps, auc in ((0.08, 0.6), (0.16, 0.7)):
        ends = (auc - 0.1, auc + 0.2)
        store("AUC", auc, 50, "oblivious", attack="BIM", eps=eps, defense="K-density", ends=ends)
        store("AUC", auc - 0.2, 20, "oblivious", attack="JSMA", eps=eps, defense="K-density")
    store("AUC", 0.9, 20, "carlini-wagner", attack="C&W", defense="K-density", ends=(0.8, 0.95))
    store("AUC", None, 0, "carlini-wagner", attack="C&W-hc", defense="non-ME")
    table = tables.table2("mnist")
    assert said(table["BIM (RCE)", "K-density"]) == (91.8, 70.0, 60.0, 90.0, 50)
    assert said(table["JSMA (RCE)", "K-density"])[:2] == (99.0, 50.0)
    assert said(table["C&W (RCE)", "K-density"]) == (99.8, 90.0, 80.0, 95.0, 20)
    nothing = table["C&W-hc (RCE)", "non-ME"]
    assert nothing.said() == "93.4 | none" and nothing.note == "nothing was fooled: no pair to tell apart"
    assert table["BIM (CE)", "K-density"].said() == "90 | not run" and len(table.rows) == 12
    elsewhere = tables.table2("mnist", 0.1)
    assert said(elsewhere["JSMA (RCE)", "K-density"])[:2] == (None, 40.0)  # 0.08 is nearer
    assert elsewhere["BIM (RCE)", "K-density"].said() == "not run" and "eps = 0.1 " in elsewhere.caption
    assert {d: o["named"][0] for d, o in OBLIVIOUS.items()} == tables.RADIUS


def test_a_radius_a_column_and_no_printed_number(store):
    for eps, auc in ((0.08, 0.6), (0.16, 0.7)):
        store("AUC", auc, 50, "oblivious", attack="BIM", eps=eps, defense="non-ME", ends=(auc - 0.1, auc + 0.2))
    table = tables.radius_table("mnist", "BIM")
    assert said(table["non-ME (RCE)", "eps 0.08"]) == (None, 60.0, 50.0, 80.0, 50)
    assert said(table["non-ME (RCE)", "eps 0.16"]) == (None, 70.0, 60.0, 90.0, 50)
    assert table["non-ME (CE)", "every eps"].said() == "not run"


def test_detection_rates_stand_at_their_false_positives(store):
    at = {"kind": "oblivious", "attack": "BIM", "eps": 0.16, "defense": "K-density"}
    store("AUC", 0.7, 40, ends=(0.6, 0.8), **at)
    for level, hits in ((0.01, 10), (0.05, 30)):
        store("detection rate", false_positives=level, **share(hits, 40), **at)
        store("false positive rate", false_positives=level, **share(1, 40), **at)
    table = tables.detection_rate_table("mnist")
    assert said(table["BIM (RCE)", "detected at 1 %"]) == (None, *percent(10, 40), 40)
    assert said(table["BIM (RCE)", "detected at 5 %"])[1] == 75.0
    assert said(table["BIM (RCE)", "AUC"]) == (None, 70.0, 60.0, 80.0, 40) and table.rows == ["BIM (RCE)"]


def test_a_demand_shows_medians_and_what_the_detectors_see(store):
    at = {"kind": "carlini-wagner", "attack": "C&W at 99 %"}
    store("accuracy", attack="C&W", kind="carlini-wagner", **share(0, 200))
    store("accuracy", **share(5, 100), **at)
    store("confidence", 0.991, 95, ends=(0.99, 0.995), series={"mean": 0.7}, **at)
    store("distortion", 12.0, 95, ends=(10.0, 15.0), series={"mean": 40.0}, **at)
    store("AUC", 0.8, 95, ends=(0.7, 0.9), defense="non-ME", **at)
    table = tables.demand_table("mnist")
    row = "probability 0.99 (RCE)"
    assert said(table[row, "probability, %"]) == (None, 99.1, 99.0, 99.5, None)
    assert said(table[row, "distortion"]) == (None, 12.0, 10.0, 15.0, None)
    assert said(table[row, "non-ME"]) == (None, 80.0, 70.0, 90.0, 95) and "n = 100 and 200." in table.caption


def test_table_3_shows_what_is_still_detected_and_the_mean_distortion(store):
    at = {"kind": "white-box", "defense": "K-density"}
    printed, tuned = {"attack": "C&W-wb as printed", "false_positives": 0.5}, {"attack": "detector-aware C&W"}
    store("detected", **share(3, 9), **at, **printed)
    store("distortion", 10.0, 6, ends=(8.0, 14.0), series={"mean": 12.5}, **at, **printed)
    for level, hits in ((0.5, 1), (0.05, 0)):
        store("detected", false_positives=level, **share(hits, 9), **at, **tuned)
        store("distortion", 10.0, 8, ends=(8.0, 14.0), series={"mean": 20.0}, false_positives=level, **at, **tuned)
    store("distortion", None, 0, loss="CE", **at, **printed)
    table, (low, high) = white_box_tables.table3("ratio"), wilson(3, 9)
    short = white_box_tables.SHORT
    assert 36 * 5 * 500 == 9 * 10_000 and "1/36" in short
    assert said(table["MNIST (RCE)", short]) == (77.0, 33.333333, round(100 * low, 6), round(100 * high, 6), 9)
    assert said(table["MNIST (RCE)", "detector-aware C&W"])[:2] == (None, 11.111111)
    assert said(table["MNIST (RCE)", "detector-aware C&W at 5 %"])[1] == 0.0
    assert table["CIFAR-10 (RCE)", short].said() == "12 | not run"
    table = white_box_tables.table3("distortion")
    assert said(table["MNIST (RCE)", short]) == (None, 12.5, 8.0, 14.0, 6)
    assert said(table["MNIST (RCE)", "the paper's C&W-wb"]) == (None, 31.59, None, None, None)
    assert table["CIFAR-10 (CE)", "the paper's C&W-wb"].said(2) == "1.26"
    assert said(table["MNIST (RCE)", "detector-aware C&W at 5 %"]) == (
        None,
        20.0,
        None,
        None,
        8,
    )  # the mean lies beyond the middle half
    assert table["MNIST (CE)", short].said() == "none" and table["MNIST (CE)", short].note == "no image passed"


def test_what_survives_stands_at_its_radius(store):
    for attack, hits in (("detector-aware PGD", 4), ("detector-aware PGD, then feature matching", 1)):
        for eps in (0.1, 0.2):
            store("accuracy", kind="adaptive", attack=attack, eps=eps, **share(hits if eps == 0.1 else 0, 10))
    table, both = white_box_tables.adaptive_table("mnist"), "detector-aware PGD, then feature matching"
    assert said(table["RCE, detector-aware PGD", "eps 0.1"]) == (None, *percent(4, 10), 10)
    assert [said(table[f"RCE, {both}", f"eps {eps}"])[1] for eps in (0.1, 0.2)] == [10.0, 0.0]
    assert [white_box_tables.radius(s, eps) for s, eps in (("mnist", 0.1), ("cifar10", 2 / 255))] == ["0.1", "2/255"]
    assert "n = 10, seed 0" in table.caption and table[f"CE, {both}", "every eps"].said() == "not run"


def fate(stands: str, **columns: Any) -> dict[str, Any]:
    """An accuracy row with the fate of each image: "1100"."""
    return share(stands.count("1"), len(stands)) | {"bits": pack(torch.tensor([c == "1" for c in stands]))} | columns


def test_what_is_unfooled_and_nowhere_misread_is_right(store):
    both = "detector-aware PGD, then feature matching"
    store("accuracy", kind="adaptive", attack=both, eps=0.1, norm="Linf", defense="K-density", **fate("1111000011"))
    store("accuracy", kind="standard", attack="AutoAttack", eps=0.05, norm="Linf", **fate("1100111110"))
    store("accuracy", kind="oblivious", attack="BIM", eps=0.1, norm="Linf", **fate("01111111110"))
    store("accuracy", kind="oblivious", attack="BIM", eps=0.2, norm="Linf", **fate("0" * 10))  # a larger ball
    store("accuracy", kind="oblivious", attack="JSMA", eps=0.08, norm="L0", **fate("0" * 10))  # no ball at all
    found = verdict_tables.of_the_worst("mnist", "RCE", 0.1)
    assert found is not None and {k: row.value for k, row in found.items()} == {
        "right": 0.2, "rejected": 0.4, "fooled": 0.4,
    }  # fmt: skip
    table = verdict_tables.verdict_table("mnist", (0.1, 0.3))
    assert said(table["RCE, eps 0.1", "rejected"]) == (None, *percent(4, 10), 10)
    assert table["CE, eps 0.1", "right"].said() == table["RCE, eps 0.3", "fooled"].said() == "not run"
    assert readings.verdicts("RCE", 0.1) == found and readings.verdicts("CE", 0.1) is None


def test_what_goes_beyond_the_paper_reads_its_rows(store):
    worst = {"kind": "bare", "attack": "worst case of the suite", "norm": "Linf", "eps": 0.03}
    store("accuracy", seed=0, **share(8, 10), **worst)
    store("accuracy", seed=1, **share(4, 10), **worst)
    suite = detector_attack_tables.suite_table("mnist", (0.03, 0.08))
    assert said(suite["RCE, eps 0.03", "worst case of the suite"])[:4] == (None, 60.0, 40.0, 80.0)
    assert "Mean of 2 seeds" in suite.caption and suite["CE, eps 0.03", "worst case of the suite"].said() == "not run"
    assert not any("0.08" in row for row in suite.rows), "a radius that nobody was run at has no row"
    assert readings.suite("RCE", 0.03).value == 0.8
    guard = {"kind": "guarded", "attack": "detector-aware PGD", "eps": 0.05, "defense": "non-ME", "seed": 0}
    for metric, hits in (("accuracy", 1), ("detected", 2), ("undetected", 7)):
        store(metric, **share(hits, 10), **guard)
    guarded = detector_attack_tables.guarded_table()
    shares = [guarded["non-ME (RCE)", f"{v}, eps 0.05"].ours for v in ("right", "rejected", "fooled")]
    assert shares == pytest.approx([10, 20, 70]) and guarded["non-ME (CE)", "right, eps 0.05"].said() == "not run"
    assert "Seed 0, 95 %" in guarded.caption
    store("detected", kind="search", attack="at the image, one random class", false_positives=0.5, **share(9, 10))
    store("detected", kind="white-box", attack="detector-aware C&W", false_positives=0.05, **share(0, 10))
    search, median = detector_attack_tables.search_table(), "threshold at the median"
    assert said(search["RCE: start at the image, one random class", median])[1] == 90.0
    assert search["RCE: start beyond the boundary, three likely classes", "threshold at 5 %"].ours == 0.0
    assert len(search.rows) == 2, "what was not run is left out"
    assert detector_attack_tables.search_table(losses=("CE",)).rows == []
    noise = {"kind": "noise", "defense": "non-ME"}
    images = detector_attack_tables.NOISY
    store("AUC", 0.8, 40, attack="BIM", images=images, ends=(0.7, 0.9), **noise)
    store("detected", attack="noise", false_positives=0.05, **share(3, 10), **noise)
    table = detector_attack_tables.noise_table()
    assert said(table["non-ME (RCE)", "AUC, BIM against noise"]) == (None, 80.0, 70.0, 90.0, 40)
    assert said(table["non-ME (RCE)", "noisy images rejected"])[1] == 30.0


def test_each_reading_is_the_row_that_it_names(store):
    store("accuracy", kind="clean", seed=0, **share(9, 10))
    store("accuracy", kind="oblivious", attack="BIM", eps=0.08, **share(3, 10))
    store("AUC", 0.7, 9, "oblivious", attack="BIM", eps=0.16, defense="non-ME", ends=(0.6, 0.8))
    at = {"attack": "BIM", "eps": 0.16, "defense": "K-density", "kind": "oblivious"}
    store("detection rate", false_positives=0.05, **share(2, 10), **at)
    store("false positive rate", false_positives=0.05, **share(1, 16), **at)
    store("distortion", 12.0, 9, "carlini-wagner", attack="C&W", ends=(10.0, 15.0))
    wb = {"attack": "C&W-wb as printed", "false_positives": 0.5, "defense": "K-density"}
    store("detected", kind="white-box", **wb, **share(6, 10))
    store("accuracy", kind="adaptive", attack=readings.BOTH, eps=0.1, **share(1, 10))
    sent = {"source": "rce-mnist-resnet32-ce", "depth": 56, "kind": "black-box", "attack": readings.TURNS}
    store("undetected", eps=0.2, **share(4, 10), **sent)
    store("participation ratio", 2.5, 9, "map")
    store("gamma", 2.6, 1, "oblivious", defense="K-density")
    found = {
        0.9: readings.clean("RCE"), 0.3: readings.bare("RCE", "BIM", 0.08), 0.7: readings.auc("RCE", "BIM", "non-ME"),
        0.2: readings.caught("RCE", "BIM", 0.05), 12.0: readings.search("RCE"), 0.6: readings.detected("RCE"),
        0.1: readings.surviving("RCE", 0.1), 0.4: readings.sent("CE", "RCE", metric="undetected", eps=0.2),
        2.5: readings.axes("RCE"), 2.6: readings.gamma("RCE"), 1 / 16: readings.false_positives("RCE", "BIM", 0.05),
    }  # fmt: skip
    assert {value: row and row.value for value, row in found.items()} == {value: value for value in found}
    assert readings.detected("RCE").reported == 0.77 and readings.auc("CE", "BIM") is None
    assert readings.both("BIM", "non-ME") == {"CE": None, "RCE": found[0.7]}
    assert readings.seconds("RCE") is None  # nothing was trained here
    assert curves.auc_curve("mnist", "RCE", "BIM", "non-ME") == {0.16: (0.7, 0.6, 0.8)}


def test_table_4_has_target_and_source(store):
    at = {"kind": "black-box", "attack": "C&W-wb as printed", "defense": "K-density", "depth": 56}
    store("AUC", 0.9, 30, ends=(0.8, 1.0), source="rce-cifar10-resnet32-ce", dataset="cifar10", **at)
    store("AUC", 0.8, 30, ends=(0.7, 0.9), source="rce-mnist-resnet32-rce", **at)
    table = white_box_tables.table4()
    assert said(table["CIFAR-10, ResNet-56 (RCE)", "from ResNet-32 (CE)"]) == (89.1, 90.0, 80.0, 100.0, 30)
    assert said(table["MNIST, ResNet-56 (RCE)", "from ResNet-32 (RCE)"]) == (None, 80.0, 70.0, 90.0, 30)
    assert table["CIFAR-10, ResNet-56 (CE)", "from ResNet-32 (RCE)"].said() == "90.8 | not run"
    store("AUC", None, 0, source="rce-mnist-resnet32-rce", loss="CE", **at)
    none = white_box_tables.table4()["MNIST, ResNet-56 (CE)", "from ResNet-32 (RCE)"]
    assert (none.said(), none.note) == ("none", "C&W-wb found no image to send")


def test_transfer_shows_misread_and_then_accepted(store):
    at = {"kind": "black-box", "attack": "detector-aware PGD", "eps": 0.2, "depth": 56}
    at["source"] = "rce-mnist-resnet32-ce"
    store("transfer rate", **share(4, 6), **at)
    store("undetected", defense="K-density", false_positives=0.05, **share(1, 6), **at)
    table = white_box_tables.transfer_table("mnist")
    row = "detector-aware PGD at 0.2 (from CE)"
    assert said(table[row, "RCE: misread"]) == (None, *percent(4, 6), 6)
    assert said(table[row, "RCE: and accepted"])[1] == 16.666667 and table[row, "CE: misread"].said() == "not run"


def test_figures_get_what_is_stored(store):
    store("accuracy", kind="oblivious", **share(9, 10))
    for eps in (0.16, 0.04):
        store("accuracy", kind="oblivious", attack="BIM", eps=eps, **share(2 if eps == 0.16 else 7, 10))
    at = {"attack": "BIM", "eps": 0.16, "defense": "K-density", "kind": "oblivious"}
    series = {
        "roc": {"false": [0, 1]},
        "histogram": None,
        "gamma": {"10": {"auc": 0.9}, "0.1": None, "2.6": {"auc": 0.7}},
    }
    store("AUC", 0.7, 5, ends=(0.6, 0.8), series=series, **at)
    for level in (0.01, 0.05):
        store("detection rate", false_positives=level, **share(4, 5), **at)
        store("false positive rate", false_positives=level, **share(1, 6), **at)
    store("gamma", 2.6, 1, "oblivious", defense="K-density")
    store("gamma", 56.0, 1, "oblivious", defense="K-density, chosen gamma")
    curve = curves.accuracy_curves("mnist", "BIM")
    assert {loss: {eps: v[0] for eps, v in c.items()} for loss, c in curve.items()} == {
        "RCE": {0.0: 0.9, 0.04: 0.7, 0.16: 0.2}
    }
    assert list(curve["RCE"]) == [0.0, 0.04, 0.16] and curve["RCE"][0.16] == (0.2, *wilson(2, 10))
    with pytest.raises(LookupError, match="0 rows"):  # detectors whose AUC was not measured
        curves.detection_records("mnist", "RCE", "BIM")
    for detector in ("confidence", "non-ME", "K-density, chosen gamma"):
        store("AUC", None, 0, **at | {"defense": detector})
    (record,) = curves.detection_records("mnist", "RCE", "BIM").values()
    assert (record["auc"], record["low"], record["high"], record["n"], record["normal"]) == (0.7, 0.6, 0.8, 5, 6)
    assert record["caught"]["0.05"] == dict(zip(("share", "low", "high"), (0.8, *wilson(4, 5)), strict=True))
    assert record["refused"]["0.01"]["share"] == 1 / 6 and record["roc"] == {"false": [0, 1]}
    assert curves.gamma_curves("mnist", "BIM") == {"RCE": {2.6: {"auc": 0.7}, 10.0: {"auc": 0.9}}}
    assert curves.gammas("mnist") == {"printed": {"RCE": 2.6}, "chosen": {"RCE": 56.0}}
    store("distortion", 12.0, 95, "carlini-wagner", attack="C&W", ends=(10.0, 15.0), series={"mean": 13.0})
    sizes = {"median": 12.0, "low": 10.0, "high": 15.0, "n": 95, "mean": 13.0}
    assert curves.distortions("mnist") == {"C&W": {"RCE": sizes}}
    store("participation ratio", 2.5, 9, "map", series={"map": {"x": [1], "y": [2], "label": [3]}})
    assert curves.embedding_maps("mnist") == {"RCE": {"x": [1], "y": [2], "label": [3], "axes": 2.5}}


def test_every_printed_line_has_rows_of_ours_or_a_reason():
    mapped = {(number.table, number.line) for number in reported("rce")}
    excused = without_counterpart("rce")
    for path in sorted((data_folder() / "paper_tables").glob("rce_*.csv")):
        table = path.stem.removeprefix("rce_")
        with path.open(newline="") as file:
            lines = [line for line, _ in enumerate(csv.DictReader(file), 1)]
        for line in lines:
            told = excused.get(table) or excused.get(f"{table}:{line}")
            assert ((table, line) in mapped) != bool(told), f"{path.name}, line {line}"
