"""A claim decided by rows written by hand: what holds, what does not, what cannot be told."""

import pytest

from robustlib.chapters.scorecard import ours
from robustlib.chapters.scorecard.claim import HOLDS, OPEN, REFUTED, Claim, Comparison, bare, decide
from robustlib.chapters.scorecard.claims import CLAIMS
from robustlib.chapters.scorecard.values import PAPERS
from robustlib.chapters.scorecard.verdict import AGREES, CANNOT, DIFFERS, NOT_ATTEMPTED, REPRODUCED
from robustlib.experiments import Row


@pytest.fixture(autouse=True)
def schedules(monkeypatch):
    done = {"epochs": 10, "paper_epochs": 10}
    monkeypatch.setattr(ours, "training", lambda name, seed=0: {"schedule": dict(done)})
    return done


def share(value, half=0.02, model="ConvNet"):
    low, high = max(0.0, value - half), min(1.0, value + half)
    return Row("accuracy", value, 100, low, high, network="rr-convnet-ours", model=model)


def claim(*comparisons, least=1.0):
    return Claim("madnet", "it is better", "section 1", "a relation", "madnet.html#x", lambda: comparisons, least)


HIGH, LOW, NEAR = share(0.9), share(0.1), share(0.88)


@pytest.mark.parametrize(
    ("comparison", "wanted"),
    [
        (Comparison("more than", HIGH, LOW), HOLDS),
        (Comparison("more than", LOW, HIGH), REFUTED),
        (Comparison("more than", HIGH, NEAR), OPEN),  # above, and the intervals meet
        (Comparison("more than", NEAR, HIGH), REFUTED),
        (Comparison("more than", share(0.0), share(0.0)), REFUTED),  # no gain at all
        (Comparison("no less than", NEAR, HIGH), HOLDS),
        (Comparison("hardly any", share(0.05)), HOLDS),
        (Comparison("hardly any", share(0.09)), OPEN),
        (Comparison("rises", [LOW, HIGH]), HOLDS),
        (Comparison("rises", [NEAR, HIGH]), OPEN),
        (Comparison("rises", [HIGH, LOW]), REFUTED),
    ],
)
def test_a_relation_holds_beyond_the_intervals_or_leans_or_does_not(comparison, wanted):
    assert comparison.outcome == wanted


def test_all_relations_have_to_hold_unless_the_claim_says_less():
    yes, no, leans = (
        Comparison("more than", HIGH, LOW),
        Comparison("more than", LOW, HIGH),
        Comparison("more than", HIGH, NEAR),
    )
    assert decide(claim(yes, yes)).verdict == REPRODUCED
    assert decide(claim(yes, no)).verdict == DIFFERS and decide(claim(yes, no)).held == 1
    assert decide(claim(yes, leans)).verdict == CANNOT and "intervals" in decide(claim(yes, leans)).why
    assert decide(claim(no, leans)).verdict == DIFFERS
    assert decide(claim(yes, yes, yes, no, least=0.75)).verdict == REPRODUCED
    assert decide(claim(yes, yes, no, no, least=0.75)).verdict == DIFFERS


def test_a_toys_scale_is_named(schedules):
    small = claim(Comparison("more than", share(0.9, model="ResNet-8"), share(0.1, model="ResNet-8")))
    assert decide(small).verdict == AGREES and decide(small).why == "ResNet-8 for ResNet-56"
    schedules["epochs"] = 3
    assert decide(claim(Comparison("more than", HIGH, LOW))).why == "3 of 10 epochs"


def test_without_a_row_a_claim_is_not_attempted_and_without_a_relation_none():
    assert decide(claim(Comparison("more than", HIGH, None))).verdict == NOT_ATTEMPTED
    assert decide(claim(Comparison("more than", Row("accuracy", None), LOW))).verdict == NOT_ATTEMPTED
    assert decide(claim(Comparison("rises", [HIGH, None]))).verdict == NOT_ATTEMPTED
    with pytest.raises(ValueError, match="nothing"):
        decide(claim())


def test_bare_numbers_keep_their_values():
    assert [q.value for q in bare([HIGH, LOW])] == [0.9, 0.1]
    assert all(q.low == q.high for q in bare([HIGH, LOW]))


def test_every_paper_has_three_claims_or_more_and_each_says_where_it_stands():
    for paper in PAPERS:
        of = [c for c in CLAIMS if c.paper == paper]
        assert 3 <= len(of) <= 9
        assert all("section" in c.where or c.where == "abstract" for c in of)
    assert {c.paper for c in CLAIMS} == set(PAPERS)
    assert len({(c.said, c.decided_by) for c in CLAIMS}) == len(CLAIMS)
