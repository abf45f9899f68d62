"""The printed numbers: the right one beside each of our rows, and none forgotten."""

from dataclasses import replace

import pytest

from robustlib.experiments import Row, printed
from robustlib.experiments.printed import join, reported, without_counterpart

PAPER = "robust_representations"
PRINTED = {
    "cross-entropy": {"": 99.2, "FGSM": 34.48, "BIM": 0, "MIM": 0, "PGD": 0},
    "triplets": {"": 99.58, "FGSM": 69.45, "BIM": 26.52, "MIM": 44.93, "PGD": 95.49},
    "triplets + PGD": {"": 99.46, "FGSM": 80.7, "BIM": 50.08, "MIM": 65.73, "PGD": 97.23},
    "triplets + FGSM": {"": 99.5, "FGSM": 82.46, "BIM": 50.68, "MIM": 66.77, "PGD": 97.04},
}


def row(training: str, attack: str, **columns) -> Row:
    at = {"norm": "Linf", "eps": 0.3} if attack else {}
    of = {"dataset": "mnist", "model": "ConvNet", "training": training, "measurement": "attacked"}
    return Row("accuracy", 0.5, 10, 0.2, 0.8, attack=attack, **(at | of | columns))


@pytest.mark.parametrize("training", PRINTED)
def test_each_row_has_the_number_of_the_paper(training):
    expected = PRINTED[training] | {"small-step PGD": PRINTED[training]["PGD"]}
    found = join([row(training, attack) for attack in expected], reported(PAPER))
    assert {r.attack: r.reported for r in found} == pytest.approx({k: v / 100 for k, v in expected.items()})


@pytest.mark.parametrize(
    "columns",
    [{"eps": 0.1}, {"model": "LeNet-5"}, {"training": "cross-entropy + PGD"}, {"defense": "fresh linear head"},
     {"measurement": "sweep"}, {"metric": "zero gradients"}, {"dataset": "cifar10"}],
    ids=str,
)  # fmt: skip
def test_a_row_that_the_paper_does_not_have_gets_none(columns):
    (found,) = join([replace(row("triplets", "PGD"), **columns)], reported(PAPER))
    assert found.reported is None


@pytest.mark.parametrize("paper", [PAPER, "at2l", "dundi", "madnet", "rce"])
def test_no_paper_prints_a_number_of_the_lenet(paper):
    rows = [row("cross-entropy", a, model="LeNet-5", network="rr-lenet-softmax") for a in ("", "FGSM", "PGD")]
    assert [found.reported for found in join(rows, reported(paper))] == [None] * 3


def test_every_printed_line_is_mapped_or_listed():
    listed = without_counterpart(PAPER)
    for table in ("table1", "architecture"):
        lines = {number.line for number in reported(PAPER) if number.table == table}
        lines |= {i for i in range(1, len(printed(PAPER, table)) + 1) if listed.keys() & {table, f"{table}:{i}"}}
        assert lines == set(range(1, len(printed(PAPER, table)) + 1))
    assert all(listed.values()), "with the reason"


def test_an_unknown_table_lists_the_known_ones():
    with pytest.raises(FileNotFoundError, match=r"table9\.csv: no such printed table.*robust_representations_table1"):
        printed(PAPER, "table9")
