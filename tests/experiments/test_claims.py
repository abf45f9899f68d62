"""The printed numbers: read from the files, and the right one for each claim."""

import csv
from pathlib import Path

import pytest

from robustlib.datasets import data_folder
from robustlib.experiments import EXPERIMENTS, Claim, printed
from robustlib.experiments.robust_representations import SOFTMAX

TABLE1 = Path(data_folder()) / "paper_tables" / "robust_representations_table1.csv"

PRINTED = {
    "rr-convnet-softmax": {"clean": 99.2, "FGSM": 34.48, "BIM": 0, "MIM": 0, "PGD": 0},
    "rr-convnet-ours": {"clean": 99.58, "FGSM": 69.45, "BIM": 26.52, "MIM": 44.93, "PGD": 95.49},
    "rr-convnet-ours-pgd": {"clean": 99.46, "FGSM": 80.7, "BIM": 50.08, "MIM": 65.73, "PGD": 97.23},
    "rr-convnet-ours-fgsm": {"clean": 99.5, "FGSM": 82.46, "BIM": 50.68, "MIM": 66.77, "PGD": 97.04},
}


@pytest.mark.parametrize("name", PRINTED)
def test_each_claim_has_the_number_of_the_paper(name):
    values = {claim.outcome: claim.value for claim in EXPERIMENTS[name].claims}
    expected = dict(PRINTED[name])
    pgd = expected.pop("PGD")
    assert values == expected | {"PGD 2/255 x 10": pgd, "PGD 0.01 x 40": pgd}


def test_every_printed_number_of_table_1_has_a_claim():
    with TABLE1.open(newline="") as file:
        there = {(row["training"], row["attack"]): float(row["value"]) for row in csv.DictReader(file)}
    claims = [claim for e in EXPERIMENTS.values() for claim in e.claims]
    assert {(c.training, c.attack): c.value for c in claims} == there
    assert {c.table for c in claims} == {"table1"} and len(there) == 20


def test_runs_that_the_paper_does_not_have_claim_nothing():
    assert {name for name, e in EXPERIMENTS.items() if e.claims} == set(PRINTED)


def test_an_unknown_table_lists_the_known_ones():
    with pytest.raises(FileNotFoundError, match=r"table9\.csv: no such printed table.*robust_representations_table1"):
        printed("robust_representations", "table9")


@pytest.mark.parametrize(("training", "attack"), [("nobody", "FGSM"), (SOFTMAX, "DeepFool")])
def test_a_claim_that_the_paper_does_not_print_raises(training, attack):
    with pytest.raises(LookupError, match="0 printed numbers match"):
        _ = Claim("FGSM", "robust_representations", "table1", training, attack).value
