"""The tables from values judged by hand."""

from dataclasses import replace

import pytest

from robustlib import chapters as chapters
from robustlib.chapters.scorecard import left_to_run, readings, tables
from robustlib.chapters.scorecard.claim import Claim, Decided
from robustlib.chapters.scorecard.judged import Judged
from robustlib.chapters.scorecard.ours import Ours
from robustlib.chapters.scorecard.values import CURVE, every
from robustlib.chapters.scorecard.verdict import AGREES, CANNOT, DIFFERS, DIFFERS_TOY, NOT_ATTEMPTED, REPRODUCED
from robustlib.experiments import registry
from robustlib.experiments.registry import Chapter

VALUES = {(v.paper, v.key): v for v in every()}
OURS = Ours(0.9951, 0.99, 0.9999, 1000, 1, "rr-convnet-softmax")


def by_hand():
    """Of RCE's error of 0.38 and 7.13, DunDi's quoted accuracy, two of MadNet's, one of the supplement, one curve."""
    rce, dundi, madnet, at2l = "rce", "dundi", "madnet", "at2l"
    found = [
        Judged(VALUES[rce, "table1:1"], REPRODUCED, "", OURS),
        Judged(VALUES[rce, "table1:2"], DIFFERS_TOY, "", OURS),
        Judged(VALUES[dundi, "text_accuracy:1"], CANNOT, "quoted"),
        Judged(VALUES[madnet, "table1:1"], AGREES, "ResNet-8 for ResNet-56", OURS),
        Judged(VALUES[madnet, "table5:1"], CANNOT, "a setting"),
        Judged(VALUES[at2l, "supp_table4:1"], NOT_ATTEMPTED, "not run yet"),
    ]
    points = [v for v in every() if v.group == CURVE][:11]
    marks = [AGREES, *[DIFFERS] * 2, *[NOT_ATTEMPTED] * 8]
    return tuple(found + [Judged(v, m) for v, m in zip(points, marks, strict=True)])


@pytest.fixture(autouse=True)
def judged(monkeypatch):
    for module in (readings, tables):
        monkeypatch.setattr(module, "all_judged", by_hand)
    monkeypatch.setattr(Ours, "schedule", (3, 10))


def test_the_counts():
    rows = {row[0]: [int(n) for n in row[1:]] for row in tables.verdicts().rows}
    assert rows["Reverse cross-entropy"] == [1, 0, 0, 1, 0, 0, 0, 2]
    assert rows["DunDi"] == [0, 0, 0, 0, 0, 0, 1, 1] and rows["MadNet"] == [0, 1, 0, 0, 0, 0, 0, 1]
    assert rows["all five papers"] == [1, 1, 0, 1, 0, 0, 1, 4]
    assert rows["AT²L, supplement"] == [0, 0, 0, 0, 0, 1, 0, 1]
    assert rows["AT²L, curves"] == [0, 1, 2, 0, 0, 8, 0, 11]


def test_the_sentences_count_what_was_judged():
    assert (readings.count(), readings.compared(), readings.agreeing()) == (4, 3, 2)
    assert readings.of_full_scale() == (1, 1) and readings.count(CANNOT, paper="dundi") == 1
    assert readings.clean_and_attacked("rce") == ((1, 2), (0, 0))
    assert readings.count(dataset="MNIST") == 3 and readings.of_several_seeds() == 0
    assert sum(readings.chart()["MadNet"].values()) == 1


def test_a_row_of_the_list():
    lists = tables.every_value()
    assert list(lists) == ["Reverse cross-entropy", "DunDi", "MadNet", "AT²L, supplement", tables.OTHERS]
    first = lists["Reverse cross-entropy"].rows[0]
    said = ("table 1", "MNIST, ResNet-32, CE", "0.38", "0.49 [0.01, 1.00]", REPRODUCED, "1", "3 of 10", "")
    assert first == said, "an error is what is left to one, and its ends change places"
    assert lists["DunDi"].rows[0][3:] == ("–", CANNOT, "–", "–", "quoted")
    assert lists["MadNet"].rows[0][3] == "99.51 [99.00, 99.99]"
    assert set(tables.addresses()) == {
        f"{name}\n{row[0]}" for name, table in lists.items() if name != tables.OTHERS for row in table.rows
    }
    assert tables.lines_of(list(lists), lists)["DunDi"] == "DunDi: 1 values"


def test_a_curve_has_a_mark_for_each_point():
    (row,) = tables.curves().rows
    assert row == ("Cats vs. Dogs, FGSM, known type", "AT, Gradient-based", "= ≠ ≠ · · · · · · · ·")


def test_a_claim_says_what_decides_it_and_leads_there(monkeypatch):
    of = Claim("dundi", "it rises", "section 4", "20 against 1", "dundi.html#x", lambda: ())
    monkeypatch.setattr(tables, "decided", lambda: [Decided(of, DIFFERS_TOY, 2, 3, "quarter width")])
    (row,) = tables.claims().rows
    assert row == ("DunDi", "it rises", "section 4", "20 against 1", "2 of 3", "differs at toy scale (quarter width)")
    assert tables.claim_addresses(tables.claims()) == {"it rises": "../papers/dundi.html#x"}


def test_hours_and_what_is_left(monkeypatch):
    network = replace(registry.experiment("rr-lenet-ours"), name="a", seeds=(0, 1, 2))
    measures = [replace(registry.measurement("rr-lenet-ours-attacked"), of=of, seeds=(0,)) for of in ("a", "b")]
    done = {"epochs": 3, "paper_epochs": 10}
    files = {("a", 0): {"seconds": {"train": 5400.0}, "schedule": done, "device": "CPU"}}
    files["a", 1] = {"seconds": {"train": 1800.0}, "schedule": done | {"epochs": 10}, "device": "CPU"}
    files["a-attacked", 0] = {"seconds": {"evaluate": 3600.0}}
    chapter = Chapter("madnet", (network,), tuple(measures))
    monkeypatch.setattr(left_to_run, "find_result", lambda name, seed: files.get((name, seed)))
    monkeypatch.setattr(left_to_run.registry, "chapters", lambda: (chapter,))
    assert left_to_run.hours().rows == (("MadNet", "2", "1", "1", "2.0", "1", "1", "1.0"),)
    assert "CPU" in left_to_run.hours().caption
    assert left_to_run.totals() == {
        "trained": 2, "not trained": 1, "below": 1, "measured": 1, "not measured": 1, "hours": 3.0,
    }  # fmt: skip
