"""Planted frauds and honest networks before the report card: what must fire, may fire, must not."""

import tomllib
from pathlib import Path

import pytest

from robustlib import chapters  # noqa: F401 (they join the registry)
from robustlib.attacks import APGD, PGD
from robustlib.datasets import load
from robustlib.evaluation import frauds
from robustlib.evaluation.report_card import QUESTIONS, report_card
from robustlib.experiments.checkpoints import load_model
from robustlib.losses import margin

MATRIX = tomllib.loads((Path(__file__).parent / "fraud_matrix.toml").read_text())
NAIVE = PGD(0.3, steps=20, stop_early=True)
HONEST = {"PGD": PGD(0.3, steps=40, loss=margin, stop_early=True), "APGD": APGD(0.3, steps=40, stop_early=True)}
SHORT = PGD(0.3, steps=10, alpha=2 / 255, random_start=False, stop_early=True)
WRAPPED = {
    "saturated-softmax": frauds.saturated_softmax,
    "stop-gradient": frauds.stop_gradient,
    "random-noise": frauds.random_noise,
    "quantised-input": frauds.quantised_input,
    "k-winners-take-all": frauds.k_winners_take_all,
}
SIZE = {"passes": 40, "queries": 300, "binarised": 10}  # 16 images: a card takes one to four CPU seconds


def card_of(name, seed):
    plain = load_model("rr-lenet-softmax-pgd" if name == "honest-pgd-trained" else "rr-lenet-softmax").eval()
    data = load("mnist_5k").test[16 * seed : 16 * (seed + 1)]
    more = {"detector": frauds.RejectsEverything(), "threshold": 0.0} if name == "rejects-everything" else {}
    model = WRAPPED.get(name, lambda model: model)(plain)
    attacks = HONEST if name.startswith(("honest", "rejects")) else SHORT if name == "step-too-small" else NAIVE
    return report_card(model, data, attacks, 0.3, seed=seed, **SIZE, **more)


def test_matrix_names_checks_that_there_are():
    known = {question.name for question in QUESTIONS}
    assert {name for line in MATRIX.values() for kind in line.values() for name in kind} <= known
    assert set(WRAPPED) < set(MATRIX)


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", MATRIX)
def test_the_card_convicts_the_frauds_and_no_honest_evaluation(name, seed):
    line = MATRIX[name]
    fired = set(card_of(name, seed).named("fails"))
    assert set(line["must"]) <= fired
    assert fired <= set(line["must"]) | set(line["may"])
    assert not line.get("one_of") or fired & set(line["one_of"])
