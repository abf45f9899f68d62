"""The measurements of the frauds on ten images, with the shares and verdicts that must come out."""

import json

import pytest
from chapters.ten_images import subject

from robustlib.attacks import BPDA, EOT, Transfer
from robustlib.chapters.judging_a_defence import frauds, measures
from robustlib.chapters.judging_a_defence.fraud_cards import AttackedFrauds, FraudCards
from robustlib.evaluation.card.variations import at_radius, inside
from robustlib.experiments import one, select
from robustlib.experiments.rows import read, written

QUICK = (("passes", 10), ("queries", 20), ("binarised", 2), ("inner", 20))


def test_a_step_too_small_and_one_that_reaches(tmp_path):
    """Nine of ten are right. Short steps go 0.026 at a radius of 0.1 and 0.078 at 0.3; the rest go all the way."""
    rows = AttackedFrauds((0.1, 0.3), frauds=("step too small",))(subject(tmp_path)).rows
    wanted = {("", "PGD on the margin", 0.1): 6, ("", "PGD on the margin", 0.3): 4}
    wanted |= {("step too small", "PGD", 0.1): 9, ("step too small", "PGD", 0.3): 6}
    wanted |= {("step too small", "PGD that reaches", 0.1): 6, ("step too small", "PGD that reaches", 0.3): 4}
    for (name, attack, eps), right in wanted.items():
        row = one(rows, defense=name, attack=attack, eps=eps)
        assert (round(10 * row.value), row.n, row.norm) == (right, 10, "Linf"), (name, attack, eps)
        assert row.largest_linf <= eps + 1e-6
    assert [(row.defense, row.value, row.eps, row.norm) for row in select(rows, attack="")] == [
        ("", 0.9, None, ""),
        ("step too small", 0.9, None, ""),
    ]
    assert len(rows) == 8 and [read(json.loads(json.dumps(written(row)))) for row in rows] == rows


@pytest.mark.slow
def test_a_card_for_each_name_and_set(tmp_path):
    """Of images 0 to 4 four stand at 0.3, of 5 to 9 none; only the detector refuses what is clean."""
    names = (frauds.UNDEFENDED, frauds.DETECTOR)
    rows = FraudCards(names, size=5, sets=2, settings=QUICK)(subject(tmp_path)).rows
    found = [(row.defense, row.images, row.value, row.n, row.eps) for row in rows]
    assert found == [(name, images, value, 5, 0.3) for name in names for images, value in SETS.items()]
    verdicts = [{check["name"]: check["verdict"] for check in row.series["checks"]} for row in rows]
    assert [said["refused clean images"] for said in verdicts] == ["cannot be judged"] * 2 + ["fails"] * 2
    assert all(said["inside the ball"] == "passes" and len(said) == 19 for said in verdicts)


SETS = {"0 to 4": 0.8, "5 to 9": 0.0}


def test_every_fraud_has_an_attack_that_is_fooled_and_another_that_knows():
    assert list(frauds.FRAUDS) == list(AttackedFrauds((0.3,)).frauds)
    for name, fraud in frauds.FRAUDS.items():
        assert fraud.fooled != fraud.knowing
        (judged,) = frauds.evaluation_of(name).values()
        assert judged == at_radius(fraud.fooled, 0.2 if name == "k winners take all" else 0.3)
        assert {part.eps for part in (fraud.fooled, *inside(fraud.knowing)) if hasattr(part, "eps")} == {frauds.EPS}
        assert not any(isinstance(part, BPDA | EOT | Transfer) for part in inside(fraud.fooled))
    assert frauds.evaluation_of(frauds.TRAINED) == frauds.HONEST_EVALUATION
    asked = {name for m in measures.MEASUREMENTS if m.kind == "fraud-cards" for name in m.evaluate.names}
    assert asked == {*frauds.FRAUDS, frauds.DETECTOR, frauds.UNDEFENDED, frauds.TRAINED}
    assert all(m.n == m.evaluate.size * m.evaluate.sets for m in measures.MEASUREMENTS if m.kind == "fraud-cards")
