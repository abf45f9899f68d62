"""What is measured on which network: the radius that it was trained for, and images of the target it began as."""

import pytest

from robustlib.chapters.at2l.measures import MEASUREMENTS
from robustlib.chapters.at2l.plans import PLANS
from robustlib.chapters.at2l.runs import EXPERIMENTS
from robustlib.chapters.at2l.static_adaptive import StaticAndAdaptive
from robustlib.chapters.at2l.tables import TABLES

BY_NAME = {e.name: e for e in EXPERIMENTS}
IMAGES = {"mnist": (2000, 1000), "cifar10": (2000, 500), "cats_vs_dogs": (None, 140)}  # in pairs; of algorithms 1 and 2


@pytest.mark.parametrize("m", [m for m in MEASUREMENTS if m.kind != "standard"], ids=lambda m: m.name)
def test_a_network_is_measured_at_the_radius_that_it_was_trained_for(m):
    start = e = BY_NAME[m.of]
    while start.start:
        start = start.start
    in_pairs, n = IMAGES[e.dataset]
    if e.crafted:
        radii = {a.eps for a in e.crafted.attacks.values()}
    elif "known" in m.kind:  # iteration 0: at the radius of each table that begins with it
        radii = {p.eps for p in PLANS.values() if (p.target, p.kind + p.suffix) == (e, m.kind)}
    else:
        radii, n = {e.objective.attack.eps}, 500
    assert {m.evaluate.eps} == radii
    if isinstance(m.evaluate, StaticAndAdaptive):
        assert (m.evaluate.source, m.n) == (start.name, n)
    assert m.n == {"paired": in_pairs, "adaptive": min(200, n), "curvature": min(500, n)}.get(m.kind, m.n)


def test_a_table_of_the_supplement_says_what_its_plan_trains():
    plans = {name.removeprefix("table "): p for name, p in PLANS.items()}
    assert {
        k: (f"{p.target.name}-{p.kind}{p.suffix}", p.kind, p.eps, p.target.name) for k, p in plans.items()
    } == TABLES


def test_attacks_of_the_supplement_have_its_steps():
    found = StaticAndAdaptive("", 0.3).attacks()
    assert {name: getattr(a, "steps", 1) for name, a in found.items()} == {
        "FGSM": 1, "LL": 1, "I-FGSM": 10, "I-LL": 10, "C&W": 400,
    }  # fmt: skip
