"""Planted frauds and honest networks before the report card: what must fire, may fire, must not."""

import tomllib
from pathlib import Path

import pytest
import torch
from evaluation.fraud_cards import NETWORKS, SIZE, VERDICTS, card_of
from torch import nn

from robustlib.evaluation.frauds.matrix import LINES, fraud_verdicts
from robustlib.evaluation.report_card import QUESTIONS
from robustlib.files import read_table
from robustlib.models import Classifier

MATRIX = tomllib.loads((Path(__file__).parent / "fraud_matrix.toml").read_text())


def test_matrix_names_checks_that_there_are():
    known = {question.name for question in QUESTIONS}
    assert {name for line in MATRIX.values() for kind in line.values() for name in kind} <= known
    assert set(NETWORKS) == set(MATRIX)


def convicts(name, fired):
    line = MATRIX[name]
    assert set(line["must"]) <= fired
    assert fired <= set(line["must"]) | set(line["may"])


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.ci), pytest.param(2, marks=pytest.mark.ci)])
@pytest.mark.parametrize("name", MATRIX)
def test_the_card_convicts_the_frauds_and_no_honest_evaluation(name, seed):
    convicts(name, set(card_of(name, seed).named("fails")))


def test_the_stored_verdicts_are_those_of_the_matrix():
    rows = read_table(VERDICTS, "verdicts", "run tests/evaluation/fraud_cards.py")
    asked = {"inside the ball", *(question.name for question in QUESTIONS)}
    for name in MATRIX:
        for seed in "012":
            verdicts = {row["check"]: row["verdict"] for row in rows if (row["fraud"], row["seed"]) == (name, seed)}
            assert set(verdicts) == asked
            convicts(name, {check for check, verdict in verdicts.items() if verdict == "fails"})
    assert len(rows) == 3 * len(MATRIX) * len(asked)


def test_every_line_is_asked_every_check():
    torch.manual_seed(0)
    model = Classifier(nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.ReLU()), nn.Linear(8, 3)).eval()
    x = torch.rand(4, 1, 4, 4)
    small = SIZE | {"passes": 4, "queries": 4, "binarised": 1, "inner": 20}
    found = fraud_verdicts(model, (x, model(x).argmax(1)), only=["reach", "refused clean images"], **small)
    assert list(found) == list(LINES)
    assert {name for name, of in found.items() if of["reach"] == "fails"} == {"step-too-small"}
    assert {name for name, of in found.items() if of["refused clean images"] == "fails"} == {"rejects-everything"}
