"""Values judged from rows written by hand, and from stored results of which one is deleted."""

from collections import Counter
from pathlib import Path

import pytest

from robustlib import chapters as chapters
from robustlib.chapters.scorecard import departures, ours
from robustlib.chapters.scorecard.judged import judge
from robustlib.chapters.scorecard.ours import Ours, beside, one, outer, rows_of
from robustlib.chapters.scorecard.values import every
from robustlib.chapters.scorecard.verdict import (
    AGREES,
    CANNOT,
    DIFFERS,
    DIFFERS_TOY,
    NOT_ATTEMPTED,
    OTHERWISE,
    REPRODUCED,
)
from robustlib.experiments import Row

RESULTS = Path(__file__).resolve().parents[3] / "data" / "results"
VALUES = {(v.paper, v.key): v for v in every()}
SOFTMAX = {"network": "rr-convnet-softmax", "measurement": "attacked", "dataset": "mnist", "model": "ConvNet"}
SOFTMAX |= {"training": "cross-entropy", "seed": 0}


def shelf(*rows):
    """Rows as `rows_of` gives them."""
    found = {}
    for row in rows:
        found.setdefault(tuple(getattr(row, name) for name in ours.BY), []).append(row)
    return found


@pytest.fixture(autouse=True)
def schedules(monkeypatch):
    """Every network was trained for the 10 epochs of its paper."""
    done = {"epochs": 10, "paper_epochs": 10}
    monkeypatch.setattr(ours, "training", lambda name, seed=0: {"schedule": dict(done)})
    return done


def softmax(value, low, high, **columns):
    return Row("accuracy", value, 1000, low, high, **SOFTMAX | columns)


@pytest.mark.parametrize(
    ("low", "high", "epochs", "wanted"),
    [
        (0.98, 0.99, 10, REPRODUCED),  # the report prints 99.2
        (0.97, 0.981, 10, DIFFERS),
        (0.98, 0.99, 9, AGREES),
        (0.97, 0.981, 9, DIFFERS_TOY),
    ],
)
def test_a_clean_accuracy(schedules, low, high, epochs, wanted):
    schedules["epochs"] = epochs
    clean = VALUES["robust_representations", "table1:1"]
    assert clean.line["value"] == "99.2" and clean.line["attack"] == ""
    assert judge(clean, shelf(softmax((low + high) / 2, low, high))).verdict == wanted


def test_without_a_row_and_without_a_rule_a_value_is_not_attempted():
    clean = VALUES["robust_representations", "table1:1"]
    assert judge(clean, shelf()).verdict == NOT_ATTEMPTED and judge(clean, shelf()).why == "not run yet"
    imagenet = judge(VALUES["at2l", "table2:1"], shelf())
    assert imagenet.verdict == NOT_ATTEMPTED and "not run" in imagenet.why


def test_a_row_of_another_radius_or_network_is_not_taken():
    fgsm = next(v for v in every() if v.paper == "robust_representations" and v.line["attack"] == "FGSM")
    at = {"attack": "FGSM", "norm": "Linf"}
    assert judge(fgsm, shelf(softmax(0.3448, 0.34, 0.35, eps=0.3, **at))).verdict == REPRODUCED
    assert judge(fgsm, shelf(softmax(0.3448, 0.34, 0.35, eps=0.2, **at))).verdict == NOT_ATTEMPTED
    assert judge(fgsm, shelf(softmax(0.3448, 0.34, 0.35, eps=0.3, model="LeNet-5", **at))).verdict == NOT_ATTEMPTED


def test_a_row_without_an_interval_is_refused():
    clean = VALUES["robust_representations", "table1:1"]
    with pytest.raises(ValueError, match="interval"):
        judge(clean, shelf(Row("accuracy", 0.992, 1000, **SOFTMAX)))


def test_of_two_readings_the_named_one_is_compared():
    pgd = next(v for v in every() if v.paper == "robust_representations" and v.line["attack"] == "PGD")
    assert pgd.line["value"] == "0"
    at = {"norm": "Linf", "eps": 0.3}
    rows = shelf(softmax(0.0, 0.0, 0.0, attack="PGD", **at), softmax(0.9, 0.89, 0.91, attack="small-step PGD", **at))
    assert judge(pgd, rows).verdict == DIFFERS and judge(pgd, rows).why == "PGD of ten steps of 2/255"
    assert judge(pgd, rows, departures.OTHER_READINGS).verdict == REPRODUCED
    with pytest.raises(ValueError, match="2 rows fit"):
        judge(pgd, rows, {})


def test_what_is_not_printed_or_quoted_is_not_tested_whatever_the_rows_say():
    radius = next(
        v
        for v in every()
        if (v.paper, v.table, v.line["dataset"], v.line["attack"]) == ("rce", "table2", "CIFAR-10", "FGSM")
    )
    assert judge(radius, rows=None).verdict == CANNOT and "radius" in judge(radius, rows=None).why
    assert judge(VALUES["dundi", "text_accuracy:1"], rows=None).verdict == CANNOT
    assert judge(VALUES["madnet", "table5:1"], rows=None).verdict == CANNOT


def test_other_photographs_are_not_compared():
    of = {"network": "at2l-pets-vgg-known-gradient-at-1", "measurement": "known", "dataset": "cats_vs_dogs"}
    of |= {"model": "VGG-16, quarter width", "training": "AT, gradient, iteration 1", "seed": 0, "attack": "FGSM"}
    photographs = VALUES["at2l", "supp_table1:1"]
    exactly = Row("accuracy", photographs.value, 140, photographs.value, photographs.value, eps=0.3, **of)
    found = judge(photographs, shelf(exactly))
    assert found.verdict == OTHERWISE and "other data" in found.why


def test_a_bound_over_pairs_holds_for_all_that_were_measured():
    of = {
        "measurement": "black-box",
        "dataset": "mnist",
        "model": "ResNet-56",
        "attack": "C&W-wb as printed",
        "seed": 0,
    }
    of |= {"network": "rce-mnist-resnet56-ce"}
    bound = VALUES["rce", "text:1"]  # less than 50 %
    low, high = (Row("transfer rate", v, 100, v - 0.05, v + 0.05, source=str(v), **of) for v in (0.3, 0.8))
    empty = Row("transfer rate", None, 0, source="none", **of)
    assert judge(bound, shelf(low, empty)).verdict == REPRODUCED
    assert "1 of 2 pairs" in judge(bound, shelf(low, empty)).why
    assert judge(bound, shelf(low, high)).verdict == DIFFERS
    assert judge(bound, shelf(empty)).verdict == NOT_ATTEMPTED


def test_seeds_are_their_mean_between_the_least_and_the_most():
    found = one([softmax(v, v - 0.2, v, seed=k) for k, v in enumerate((0.3, 0.5, 0.4))], "robust_representations")
    assert (found.value, found.low, found.high, found.seeds) == (pytest.approx(0.4), 0.3, 0.5, 3)


def test_a_mean_distance_has_the_interval_that_its_quartiles_give():
    """Quartiles 1.349 apart are those of a standard deviation of 1: 1.96 / sqrt(100) at either end."""
    row = Row("distortion", 4.0, 100, 4.0, 5.349, network="n", series={"mean": 5.0})
    found = one([row], "rce")
    assert (found.low, found.value, found.high) == (pytest.approx(4.804), 5.0, pytest.approx(5.196)) and found.distance


def test_smaller_networks_and_fewer_iterations_are_named():
    assert departures.smaller_than("madnet", "ResNet-8") and not departures.smaller_than("madnet", "ResNet-56")
    assert departures.smaller_than("at2l", "VGG-16, quarter width") and not departures.smaller_than("rce", "ResNet-32")
    tenth = next(v for v in every() if v.table == "supp_table4" and "; 10 iteration" in v.line["training"])
    assert outer(tenth, "AT, FGSM, iteration 3") == "3 of 10 outer iterations"
    assert outer(VALUES["at2l", "supp_table4:1"], "AT, FGSM, iteration 1") == "" == outer(tenth, "clean")


def test_a_network_tuned_from_one_that_was_cut_short_is_a_toys(monkeypatch):
    done = {"dundi-cifar10-quarter-p": (10, 10), "dundi-cifar10-quarter-native": (12, 200)}
    short = {n: {"schedule": {"epochs": e, "paper_epochs": p}} for n, (e, p) in done.items()}
    monkeypatch.setattr(ours, "training", lambda name, seed=0: short.get(name))
    assert Ours(0.5, 0.4, 0.6, 10, 1, "dundi-cifar10-quarter-p").schedule == (12, 200)


def test_a_deleted_result_turns_its_values_into_not_attempted(tmp_path, monkeypatch):
    monkeypatch.undo()
    for folder in [f for f in RESULTS.glob("rr-convnet-*") if not f.name.endswith(("standard", "sweep"))]:
        (tmp_path / folder.name).symlink_to(folder)
    monkeypatch.setenv("ROBUSTLIB_RESULTS", str(tmp_path))
    table = [v for v in every() if v.paper == "robust_representations" and v.table == "table1"]

    def verdicts():
        rows = rows_of("robust_representations")
        return {v.key: judge(v, rows).verdict for v in table}

    before = verdicts()
    assert NOT_ATTEMPTED not in before.values()
    (tmp_path / "rr-convnet-softmax-attacked").unlink()
    after = verdicts()
    gone = [v.key for v in table if "Softmax" in v.line["training"]]
    assert Counter(after.values())[NOT_ATTEMPTED] == len(gone) == 5
    assert {k: v for k, v in after.items() if k not in gone} == {k: v for k, v in before.items() if k not in gone}


def test_columns_may_name_several_values():
    rows = shelf(softmax(0.5, 0.4, 0.6), softmax(0.5, 0.4, 0.6, measurement="sweep", seed=1))
    assert len(beside(rows, {"measurement": ["attacked", "sweep"], "dataset": "mnist"})) == 2
    assert len(beside(rows, {"measurement": "sweep", "metric": "accuracy"})) == 1
