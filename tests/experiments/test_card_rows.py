"""A report card as rows, on ten images of which every number is known."""

import json
from dataclasses import dataclass, replace

import pytest
from chapters.ten_images import subject

from robustlib.attacks import PGD
from robustlib.experiments import card_rows, one
from robustlib.experiments.card_rows import PRINTED, SUITE, WHOLE, Card, check_rows, of_own_attackers
from robustlib.experiments.rows import read, select, written

# Of ten images nine are right, three lie nearer than 0.1 to the border, and two have no gradient (see ten_images).
STEPS, SHORT = 20, 0.002  # 20 steps of 0.002 cover 0.04 of 0.1


def climb(on, eps):
    return {"A": PGD(eps, STEPS, stop_early=True)}


def too_short(on, eps):
    return {"A": PGD(eps, STEPS, SHORT, random_start=False)}


def never(model, x, y):
    raise AssertionError("no attack may run")


def costly(on, eps):
    return {"C": never}


EVERY = tuple(q.name for q in card_rows.QUESTIONS)


def only(*names):
    return tuple(name for name in EVERY if name not in names)


def rows_of(card, folder):
    found = card(subject(folder))
    rows = [read(json.loads(json.dumps(written(row)))) for row in found.rows]
    assert rows == list(found.rows)
    return rows


def test_a_check_that_fails_is_zero_and_so_is_the_whole(tmp_path):
    card = Card(climb, 0.1, "table 9", unasked=only("unavailable gradients", "reach"), defense="D", left_out="L")
    rows = rows_of(card, tmp_path)
    assert [(r.metric, r.value) for r in check_rows(rows)] == [
        ("inside the ball", 1.0), ("reach", 1.0), ("unavailable gradients", 0.0),
    ]  # fmt: skip
    clean, under = (one(rows, metric="accuracy", attack=attack) for attack in ("", PRINTED))
    assert (clean.value, under.value, clean.eps, under.eps) == (0.9, 0.6, None, 0.1)
    assert (round(under.low, 3), round(under.high, 3)) == (0.313, 0.832), "Wilson, 6 of 10"
    whole = one(rows, metric=WHOLE)
    assert (whole.value, whole.n, whole.norm, whole.eps, whole.defense, whole.attack) == (
        0.0, 10, "Linf", 0.1, "D", PRINTED,
    )  # fmt: skip
    assert whole.series["fails"] == ["unavailable gradients"]
    assert whole.series["passes"] == ["inside the ball", "reach"]
    assert (whole.series["source"], whole.series["left out"]) == ("table 9", "L")
    assert whole.series["attacks"] == ["A: PGD(eps=0.1, steps=20, stop_early=True)"]
    dead = one(rows, metric="unavailable gradients").series
    assert dead["verdict"] == "fails" and "of 9 images, 2 have a gradient of exactly zero" in dead["measured"]


def test_where_no_check_fails_it_would_have_passed(tmp_path):
    rows = rows_of(Card(climb, 0.1, "", unasked=only("reach", "refused clean images")), tmp_path)
    assert one(rows, metric=WHOLE).value == 1.0
    assert one(rows, metric="refused clean images").value is None, "without a detector it cannot be judged"
    assert one(rows, metric=WHOLE).series["cannot be judged"] == ["refused clean images"]


def test_steps_that_do_not_reach_fail(tmp_path):
    rows = rows_of(Card(too_short, 0.1, "", unasked=only("reach")), tmp_path)
    assert (one(rows, metric="reach").value, one(rows, metric=WHOLE).value) == (0.0, 0.0)
    assert one(rows, metric="accuracy", attack=PRINTED).value == 0.8, "only the image 0.029 away breaks"


@dataclass(frozen=True)
class Refuses:
    """A detector that accepts the images whose first pixel is white enough."""

    def score(self, x):
        return x[:, 0, 0, 0]


def refuses_half(on):
    return Refuses(), 0.5


def test_without_running_no_attack_is_called_and_the_detector_is_judged(tmp_path):
    card = Card(costly, 0.1, "", runs=False, detector=refuses_half)
    rows = rows_of(card, tmp_path)
    assert {r.metric for r in check_rows(rows)} == set(card_rows.WITHOUT_RUNNING)
    refused = one(rows, metric="refused clean images")
    assert refused.value == 0.0 and refused.series["measured"] == "the detector refuses 4 of 10 clean images"
    assert one(rows, metric="reach").value is None and one(rows, metric=WHOLE).value == 0.0
    assert (
        select(rows, metric="accuracy", attack=PRINTED) == []
        and "no attack was run" in (one(rows, metric=WHOLE).series["stopped"])
    )
    with pytest.raises(AssertionError, match="no attack may run"):
        replace(card, runs=True)(subject(tmp_path / "other"))


def test_an_attack_that_leaves_the_ball_stops_the_card(tmp_path):
    rows = rows_of(Card(lambda on, eps: climb(on, 2 * eps), 0.1, "", unasked=only("reach")), tmp_path)
    assert one(rows, metric="inside the ball").value == 0.0 and "outside" in one(rows, metric=WHOLE).series["stopped"]
    assert select(rows, metric="reach") == []


def test_the_card_of_the_own_attackers_differs_in_its_attacks_only(tmp_path):
    card = of_own_attackers(Card(costly, 0.1, "table 9", "L", runs=False, unasked=("reach",), defense="D"))
    assert (card.evaluation, card.eps, card.defense, card.runs, card.unasked, card.left_out) == (
        SUITE, 0.1, "D", True, (), "",
    )  # fmt: skip
    rows = rows_of(replace(card, unasked=only("reach")), tmp_path)
    assert one(rows, metric="accuracy", attack=SUITE).value == 0.6
    assert [text.split(":")[0] for text in one(rows, metric=WHOLE).series["attacks"]] == [
        "noise", "FGSM", "margin PGD", "APGD", "margin APGD", "Square",
    ]  # fmt: skip
