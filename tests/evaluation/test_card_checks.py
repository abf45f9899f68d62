"""The arithmetic of the card's checks, on numbers that can be worked out by hand."""

from dataclasses import replace

import pytest
import torch

from robustlib.attacks import APGD, BIM, FGSM, PGD, Restarts, Square, Strongest
from robustlib.evaluation.card.bench import Bench, Settings, kept_as
from robustlib.evaluation.card.budget import rises
from robustlib.evaluation.card.check import Finding, slack
from robustlib.evaluation.card.gradients import unavailable_gradients
from robustlib.evaluation.card.on_the_way import late_climb
from robustlib.evaluation.card.planting import separating, two_class_head
from robustlib.evaluation.card.reach import reach
from robustlib.evaluation.card.variations import at_radius, in_words, shortened, step_of, with_loss, with_steps
from robustlib.geometry import Linf
from robustlib.losses import margin


def verdict_of_reach(attack, eps=0.3):
    nothing = torch.zeros(1, 1, 1, 1)
    return reach(Bench(torch.nn.Identity(), nothing, torch.zeros(1).long(), {"A": attack}, eps, Settings(Linf())))


@pytest.mark.parametrize(
    ("attack", "verdict"),
    [
        (PGD(0.3, steps=10, alpha=2 / 255, random_start=False), "fails"),  # 0.078 of 0.3
        (PGD(0.3, steps=10, alpha=2 / 255), "fails"),  # a random start is no progress
        (PGD(0.3, steps=10, alpha=0.0299), "fails"),
        (PGD(0.3, steps=10, alpha=0.03), "passes"),
        (PGD(0.2, steps=40), "fails"),  # of a smaller ball than the card's
        (BIM(0.3), "passes"),
        (Restarts(PGD(0.3, steps=10, alpha=0.01), 5), "fails"),
        (APGD(0.3), "cannot be judged"),
    ],
)
def test_reach(attack, verdict):
    assert verdict_of_reach(attack).verdict == verdict


def test_reach_says_how_far_and_what_a_random_start_leaves():
    said = verdict_of_reach(PGD(0.3, steps=10, alpha=0.03)).measured
    assert said == "A: 10 steps of 0.03 cover 0.3, 1 of eps; from a random start 50 % of the faces are in reach"


def test_late_climb_of_a_line_of_a_flat_end_and_of_nothing():
    line = torch.arange(9.0)
    flat = torch.tensor([0.0, 4, 8, 8, 8, 8, 8, 8, 1])  # the best so far: the fall at the end does not count
    late = torch.tensor([0.0, 0, 0, 0, 0, 0, 0, 2, 4])
    found = late_climb(torch.stack([line, flat, late, torch.full((9,), 3.0)], 1).double())
    assert found.tolist() == [0.25, 0.0, 1.0, 0.0]


def test_rises():
    def stand(*counts):
        return [(str(n), torch.arange(10) < n) for n in counts]

    assert rises(stand(9, 4, 6, 2)) == 2
    assert rises(stand(9, 4, 2)) == -2
    assert rises(stand(3, 3)) == 0


def test_slack_is_one_image_or_two_per_cent():
    assert [slack(n) for n in (1, 16, 100, 149, 150, 500)] == [1, 1, 2, 2, 3, 10]


def test_a_verdict_is_one_of_three():
    with pytest.raises(ValueError, match="a verdict is"):
        Finding("fine", "")


def test_separating_puts_the_threshold_just_below_the_boundary_point():
    inner = torch.tensor([[0.0, 1], [0, -1], [1, 0], [-1, 0]])
    w, t = separating(inner, torch.tensor([3.0, 0.0]))
    assert w.tolist() == pytest.approx([1.0, 0.0])
    assert t.item() == pytest.approx(1 + 0.999 * 2)
    says = two_class_head(w.float(), t.float(), torch.tensor(1.0))(torch.tensor([[2.99, 0], [3.0, 9], [-5, 0]]))
    assert says.argmax(1).tolist() == [0, 1, 0]
    assert (says[:, 1] - says[:, 0]).tolist() == pytest.approx([-0.008, 0.002, -7.998], abs=1e-5)


def test_no_threshold_separates_a_point_among_the_others():
    inner = torch.tensor([[0.0, 1], [0, -1], [1, 0], [-1, 0]])
    assert separating(inner, torch.tensor([0.3, 0.0])) is None


def test_variations_reach_into_wrappers_and_leave_the_rest():
    pgd = PGD(0.2, steps=10, alpha=0.04)
    assert with_steps(Restarts(pgd, 3), 2) == Restarts(replace(pgd, steps=20), 3)
    assert with_steps(pgd, 0.01).steps == 1
    both = Strongest((pgd, Square(0.2)))
    assert shortened(both, 10) == Strongest((replace(pgd, steps=5, alpha=0.08), Square(0.2, queries=10)))
    assert shortened(both, 30) == Strongest((pgd, Square(0.2, queries=30)))  # ten steps stay ten
    assert shortened(PGD(0.2, steps=10), 10) == PGD(0.2, steps=5)  # whose step follows from eps and steps
    assert at_radius(pgd, 0.4) == PGD(0.4, steps=10, alpha=0.08)
    assert at_radius(APGD(0.2), 0.4) == APGD(0.4)  # whose alpha is a weight
    assert with_loss(FGSM(0.2), margin) == FGSM(0.2, loss=margin)
    square = Square(0.2)
    assert with_loss(square, margin) is square


def test_no_two_measurements_have_one_name():
    assert kept_as("A, 2 x steps") != kept_as("A", "2 x steps") and kept_as("A") != "A"


def test_passes_are_counted_once_whatever_is_asked_first():
    """Two forwards and two backwards an image for the gradients; the forward that tells which are right is its own."""
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4, 2))
    x = torch.rand(3, 1, 2, 2)
    with torch.no_grad():
        bench = Bench(model, x, model(x).argmax(1), {"A": FGSM(0.1)}, 0.1, Settings(Linf()))
    unavailable_gradients(bench)
    assert bench.total == 3 * (1 + 4)


def test_step_of_follows_each_attack():
    assert step_of(PGD(0.2, steps=10)) == pytest.approx(0.05)
    assert step_of(BIM(0.2, steps=10)) == pytest.approx(0.02)
    assert step_of(APGD(0.2)) is None and step_of(FGSM(0.2)) is None


def test_in_words_names_radius_steps_and_departures():
    assert in_words(PGD(0.3, steps=40, loss=margin)) == "PGD(eps=0.3, steps=40, loss=margin)"
    assert in_words(Restarts(PGD(0.1, steps=7), 2)) == "Restarts(attack=PGD(eps=0.1, steps=7), n=2)"
