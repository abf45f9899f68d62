"""What the measures find on ten images whose fate is known, and what the attacks are said to cost."""

import itertools
from importlib import import_module
from types import SimpleNamespace

import pytest
import torch
from chapters.ten_images import FIRST, subject

from robustlib.attacks import DDN, FGSM, PGD, Noise, Square
from robustlib.chapters.attacks import measures
from robustlib.chapters.attacks.measures import BudgetAttacks, MinimumNorm, SeveralSettings, distance_rows
from robustlib.chapters.attacks.suite import budget_attacks, climbs, nearest_attacks, quick_look
from robustlib.evaluation import Outcome
from robustlib.experiments import one, select


def few(eps):
    """A budget attack of each sort."""
    return {"noise": Noise(eps), "FGSM": FGSM(eps), "PGD": PGD(eps, steps=4), "Square": Square(eps, queries=30)}


def test_budget_attacks_on_ten_images(tmp_path, monkeypatch):
    monkeypatch.setattr(measures, "budget_attacks", few)
    ticks = itertools.count(0.0, 5.0)
    clock = SimpleNamespace(perf_counter=lambda: next(ticks))
    monkeypatch.setattr(import_module("robustlib.evaluation.cost"), "time", clock)
    rows = BudgetAttacks(0.3, timed=5)(subject(tmp_path)).rows
    right = {r.attack: round(10 * r.value) for r in select(rows, metric="accuracy")}
    # Four stand at 0.3, whatever the attack; noise and few queries may fail at some of the other five.
    assert (right[""], right["FGSM"], right["PGD"], right["worst case"]) == (9, 4, 4, 4)
    assert 4 <= right["Square"] <= right["noise"] + 3 and {r.n for r in select(rows, metric="accuracy")} == {10}
    columns = {r.attack: (r.norm, r.eps, r.steps) for r in select(rows, metric="accuracy")}
    assert columns == {
        "": ("", None, None),
        "noise": ("Linf", 0.3, None),
        "FGSM": ("Linf", 0.3, 1),
        "PGD": ("Linf", 0.3, 4),
        "Square": ("Linf", 0.3, 30),
        "worst case": ("Linf", 0.3, None),
    }
    # The door may look at one of the five images once more.
    passes = {r.attack: r.value for r in select(rows, metric="backward passes")}
    assert passes == {"noise": 0, "FGSM": 1, "PGD": 4, "Square": 0}
    assert one(rows, metric="forward passes", attack="FGSM").value == pytest.approx(1, abs=0.21)
    # The clock says five seconds for the five images of each attack.
    assert {(r.value, r.n) for r in select(rows, metric="seconds")} == {(1.0, 5)}


def test_several_settings_of_one_attack_are_told_apart(tmp_path):
    rows = SeveralSettings(quick_look, (0.04, 0.3))(subject(tmp_path)).rows
    found = {(r.attack, r.eps): round(10 * r.value) for r in rows}
    # One image lies nearer than 0.04: eight are left.
    assert {key: found[key] for key in found if key[0] != "noise"} == {
        ("", None): 9, ("FGSM", 0.04): 8, ("PGD", 0.04): 8, ("FGSM", 0.3): 4, ("PGD", 0.3): 4,
    }  # fmt: skip
    assert found["noise", 0.04] >= found["noise", 0.3]


def test_curves_of_cost_hold_every_attack_at_every_number_of_passes():
    found = [(name, getattr(attack, "steps", None) or attack.queries) for name, attack in climbs(0.1)]
    assert len(found) == len(set(found)) == 4 * 7 + 5 + 4
    assert all(attack.eps == 0.1 for _, attack in climbs(0.1)) and ("APGD", 2) not in found
    assert len(budget_attacks(0.1)) == 11 and len(nearest_attacks()) == 5


def test_distances_of_ten_images():
    clean = torch.arange(10) > 0  # the first one is wrong from the start
    stands = torch.arange(10) > 7  # the attack fails at the last two
    sizes = torch.tensor([9.0, 1, 2, 3, 4, 5, 6, 100, 0, 0])
    nothing = torch.zeros(10)
    found = {"clean": Outcome(clean, nothing, nothing, 0.0), "DDN": Outcome(stands, nothing, sizes, 1.0)}
    (row,) = distance_rows(found)
    assert row.series["of each image"] == [0, 1, 2, 3, 4, 5, 6, 100, None, None]
    assert (row.attack, row.n, row.value, row.series["mean"]) == ("DDN", 8, 3.5, 121 / 8)
    (row,) = distance_rows({"clean": found["clean"], "DDN": Outcome(clean, nothing, sizes, 1.0)})
    assert row.n == 1 and row.value == 0
    (row,) = distance_rows(
        {"clean": Outcome(clean | True, nothing, nothing, 0.0), "DDN": Outcome(clean | True, nothing, sizes, 1.0)}
    )
    assert (row.n, row.value, row.series["mean"]) == (0, None, None)


def test_minimum_norm_on_ten_images(tmp_path, monkeypatch):
    monkeypatch.setattr(measures, "nearest_attacks", lambda: {"DDN": DDN(steps=60)})
    rows = MinimumNorm(timed=5)(subject(tmp_path)).rows
    # The nearest wrong image differs in the first pixel only; two images have none, one is wrong from the start.
    sizes = one(rows, metric="distance").series["of each image"]
    assert sizes[:2] == [None, None] and sizes[9] == 0
    assert sizes[2:9] == pytest.approx([abs(v / 255 - 0.5) for v in FIRST[2:9]], abs=0.01)
    assert one(rows, metric="distance").n == 8 and one(rows, metric="accuracy", attack="DDN").value == 0.2
    assert one(rows, metric="accuracy", attack="DDN").eps is None, "the eps of DDN is where its search begins"
    swept = [r.value for r in select(rows, metric="accuracy", attack="PGD", norm="L2")]
    assert swept[0] == 0.2 and swept == sorted(swept, reverse=True) and len(swept) == len(measures.RADII_L2)
    assert one(rows, metric="backward passes", attack="DDN").value > 10
