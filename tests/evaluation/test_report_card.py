"""The whole card on an affine network: what stops it, what it refuses, and that it goes on where it was interrupted."""

from dataclasses import dataclass, replace

import pytest
import torch
from evaluation.carded import EPS, SMALL, affine, card, finding, images
from torch import nn

from robustlib.attacks import EOT, PGD, Transfer
from robustlib.evaluation.report_card import report_card
from robustlib.geometry import L2
from robustlib.models import Classifier


@dataclass(frozen=True)
class Moves:
    """An attack that adds a number to every pixel."""

    by: float

    def __call__(self, model, x, y):
        return x + self.by


def test_an_honest_evaluation_of_one_class_passes():
    found = card()
    assert found.named("fails") == () and found.verdict == "passes"
    assert found.clean == 1 and found.robust == 3 / 12
    assert found.passes == pytest.approx(sum(check.passes for check in found.checks)) and found.passes > 0


@pytest.mark.parametrize(("by", "words"), [(-0.11, "0.11"), (0.4, r"1\.02"), (float("nan"), "inf")])
def test_an_attack_that_leaves_the_ball_or_the_box_ends_the_card(by, words):
    found = card(Moves(by))
    assert [check.name for check in found.checks] == ["inside the ball", "unavailable gradients"]
    assert finding(found, "inside the ball").verdict == "fails"
    assert words.replace("\\", "") in found.stopped and "A took 12 images outside" in found.stopped
    assert found.robust == 1, "what left the ball breaks nothing"


def test_a_whole_card_in_the_euclidean_ball():
    """The boundary is 4 (mean - 0.5) away: at 0.4 the same nine images break as at 0.1 in the cube."""
    attack = PGD(0.4, steps=4, norm=L2())
    found = card(attack, eps=0.4, norm=L2())
    assert found.named("fails") == () and found.robust == 3 / 12 and found.norm == "L2"
    assert set(found.named("cannot be judged")) == {"refused clean images"}
    assert finding(found, "unconstrained attack").measured == "eps = 4: 0 of 12 images stand"
    short = card(replace(attack, alpha=0.05, random_start=False), eps=0.4, norm=L2())
    assert {"reach", "doubled steps", "lower envelope", "PGD, BIM, FGSM"} <= set(short.named("fails"))
    assert short.robust == 8 / 12  # what is nearer than 0.2 breaks: means 0.51 to 0.54
    cube = card(PGD(0.4, steps=4), eps=0.4, norm=L2())
    assert "took 12 images outside: as far as 1.6 " in cube.stopped


def test_an_attack_within_the_ball_does_not():
    assert finding(card(Moves(-0.09), only=()), "inside the ball").verdict == "passes"


def test_an_attack_that_never_moves_fails_without_constraint():
    still = PGD(EPS, steps=1, alpha=1e-6)
    assert finding(card(still, only=["unconstrained attack"]), "unconstrained attack").verdict == "fails"


@dataclass(frozen=True)
class Backwards:
    """The larger the ball, the shorter the move."""

    eps: float = EPS
    steps: int = 4

    def __call__(self, model, x, y):
        return x - 0.0009 / self.eps / self.steps * 4


def test_an_attack_that_is_weaker_in_a_larger_ball_or_with_more_steps():
    found = card(Backwards(), only=["monotone in eps", "monotone in steps"])
    assert found.named("fails") == ("monotone in steps", "monotone in eps")


@dataclass(frozen=True)
class ThereAndBack:
    """Crosses the boundary where it can, asks the model there, and returns the clean image."""

    eps: float = EPS
    steps: int = 2

    def __call__(self, model, x, y):
        for shift in (0.05, 0.1, 0.0):
            model(x - shift)
        return x


def test_the_envelope_takes_a_short_evaluation_as_it_is_set():
    """Two steps of 0.0125 break 0, 1 and 2 images at a quarter of 0.108, at half of it and there; the panel 2, 5, 9."""
    short = PGD(0.108, steps=2, alpha=0.0125, random_start=False)
    found = finding(card(short, eps=0.108, only=["lower envelope"]), "lower envelope")
    assert found.verdict == "fails" and found.measured.startswith(
        "the evaluation takes 19 % of the area that it and 5 "
    )
    assert found.measured.endswith("at eps it leaves 7 of 12 images more")


def test_the_envelope_of_an_attack_whose_radius_is_its_own_is_at_eps_alone():
    found = finding(card(Moves(-0.085), only=["lower envelope"]), "lower envelope")
    assert found.measured.startswith("the evaluation takes 89 % of the area")  # 8 of the 9 images
    assert found.verdict == "passes", "one image of twelve may be chance"


def test_silent_success_counts_what_was_broken_and_given_back():
    found = finding(card(ThereAndBack(), only=["silent success"]), "silent success")
    assert found.verdict == "fails" and found.measured.startswith("9 of 12 images")


def test_an_evaluation_that_only_transfers():
    found = card(Transfer(affine(-1.0), PGD(EPS, steps=4)), only=["transfer failure"])
    assert finding(found, "transfer failure").verdict == "fails"  # the source is wrong about all, the target is not
    assert finding(card(only=["transfer failure"]), "transfer failure").verdict == "passes"


class Draws(nn.Module):
    def forward(self, x):
        return x + 0.001 * torch.rand_like(x)


def test_a_model_that_draws_random_numbers_without_saying():
    model = Classifier(nn.Sequential(Draws(), nn.Flatten()), affine().head)
    found = finding(card(model=model, only=["random answers"]), "random answers")
    assert found.verdict == "fails" and "without saying so" in found.measured
    averaged = card(EOT(PGD(EPS, steps=4), 2), model, only=["random answers"])
    assert finding(averaged, "random answers").verdict == "passes"


class Root(nn.Module):
    """A slope of infinity times zero at every image: NaN."""

    def forward(self, x):
        return x.flatten(1) + (x.flatten(1) * 0).sqrt()


def test_gradients_that_are_not_finite_are_counted_and_end_the_card():
    found = card(model=Classifier(Root(), affine().head))
    assert "could not be measured" in found.stopped and found.robust is None
    assert "12 one that is not finite" in finding(found, "unavailable gradients").measured
    assert found.verdict == "fails" and str(found)


class Pair(nn.Module):
    def forward(self, x):
        return affine()(x), x


@pytest.mark.bad_input
def test_bad_input_is_said():
    with pytest.raises(ValueError, match="tuple"):
        card(model=Pair())
    with pytest.raises(ValueError, match="no such check: reech"):
        card(only=["reech"])
    with pytest.raises(ValueError, match="eps > 0"):
        report_card(affine(), images(), PGD(), 0.0)
    with pytest.raises(ValueError, match="both, or neither"):
        card(threshold=0.5)
    with pytest.raises(TypeError, match="nn.Module"):
        report_card(lambda x: x, images(), PGD(), 0.1)


@dataclass(frozen=True)
class Interrupted:
    """PGD that is stopped at its fifth call."""

    attack: PGD

    calls = []

    def __call__(self, model, x, y):
        self.calls.append(1)
        if len(self.calls) == 5:
            raise KeyboardInterrupt
        return self.attack(model, x, y)


def test_an_interrupted_card_goes_on_and_says_the_same(tmp_path):
    Interrupted.calls.clear()
    attack, path = Interrupted(PGD(EPS, steps=4)), tmp_path / "card"
    with pytest.raises(KeyboardInterrupt):
        card(attack, checkpoint=path)
    before = len(Interrupted.calls)
    resumed = card(attack, checkpoint=path)
    again = len(Interrupted.calls) - before
    Interrupted.calls[:] = [1] * 20
    whole = card(attack)
    assert resumed.checks == whole.checks
    assert again == len(Interrupted.calls) - 20 - before + 1, "what was measured is not measured again"
    with pytest.raises(ValueError, match="another card; what differs: eps"):
        report_card(affine(), images(), {"A": attack}, EPS / 2, checkpoint=path, **SMALL)


def test_each_measurement_has_its_own_draws():
    few, all_of_them = card(only=["noise floor"]), card()
    assert replace(finding(few, "noise floor"), passes=0) == replace(finding(all_of_them, "noise floor"), passes=0)
