"""Attacks made of attacks, noise and feature matching: what each is run on, and what it reaches."""

from dataclasses import dataclass

import pytest
import torch
from attacks.detectors import Grey
from attacks.targets import batch, network

from robustlib.attacks import (
    BIM,
    FGSM,
    MIM,
    PGD,
    Capped,
    FeatureMatching,
    Noise,
    RandomEps,
    Relabel,
    Restarts,
    Strongest,
    Undetected,
    least_likely,
)
from robustlib.attacks.climb import is_broken
from robustlib.geometry import Linf
from robustlib.losses import margin


@pytest.fixture
def target():
    model = network()
    return model, *batch(model, 30)


def test_more_restarts_never_raise_accuracy(target):
    model, x, y = target
    broken = []
    for n in (1, 2, 4, 16):
        torch.manual_seed(0)
        broken.append(is_broken(model, Restarts(Noise(0.15), n)(model, x, y), y))
    for fewer, more in zip(broken, broken[1:], strict=False):
        assert (more | ~fewer).all()
    assert broken[-1].sum() > broken[0].sum()


@dataclass(frozen=True)
class Spy:
    """An attack that records which images it was given, and returns them moved by a constant."""

    shift: float
    seen: list
    targeted: bool = False

    def __call__(self, model, x, y):
        self.seen.append(len(x))
        return (x + self.shift).clamp(0, 1)


def test_the_strongest_is_run_only_on_what_still_stands(target):
    model, x, y = target
    one, two = [], []
    weak = BIM(0.03, 4)
    x_adv = Strongest((weak, Spy(0.0, one), FGSM(0.03), Spy(0.0, two)))(model, x, y)
    standing = ~is_broken(model, weak(model, x, y), y)
    assert one == [int(standing.sum())] and 0 < one[0] < len(x)
    assert two == [] or two[0] <= one[0]
    torch.testing.assert_close(x_adv[~standing], weak(model, x, y)[~standing], rtol=0, atol=1e-5)


def test_the_strongest_breaks_what_any_of_its_attacks_breaks(target):
    model, x, y = target
    attacks = (FGSM(0.02), BIM(0.02, 5, loss=margin), MIM(0.02, 5))
    union = torch.stack([is_broken(model, attack(model, x, y), y) for attack in attacks]).any(0)
    assert torch.equal(is_broken(model, Strongest(attacks)(model, x, y), y), union)


TOWARDS, AWAY = PGD(0.1, 4, targeted=True), PGD(0.1, 4)


@pytest.mark.parametrize("attack", [TOWARDS, AWAY], ids=["towards", "away"])
def test_wrappers_say_whether_the_labels_are_targets(attack):
    wrapped = [Restarts(attack, 2), Strongest((attack,)), Strongest((attack, attack)), RandomEps(attack)]
    wrapped += [outer for w in wrapped for outer in (Restarts(w), Strongest((attack, w)), Capped(w), RandomEps(w))]
    assert [w.targeted for w in wrapped] == [attack.targeted] * 20
    assert not any(w.targeted for w in (Restarts(Noise()), Restarts(Relabel(TOWARDS, least_likely)), RandomEps(FGSM())))


@pytest.mark.parametrize("wrap", [Restarts, lambda a: RandomEps(a, 0.03, 0.05)], ids=["n", "eps"])
def test_a_target_is_missed_until_it_is_reached_however_deep_the_attack_lies(target, wrap):
    model, x, y = target
    goal, seen, first = (y + 1) % 4, [], wrap(PGD(0.04, 4, targeted=True))
    for part in (first, Restarts(first, 1), Strongest((first,))):
        torch.manual_seed(0)
        x_adv = Strongest((part, Spy(0.0, seen, targeted=True)))(model, x, goal)  # the spy hands back clean images
        reached, moved = model(x_adv).argmax(1) == goal, (x_adv != x).flatten(1).any(1)
        assert torch.equal(reached, moved) and 0 < reached.sum() < len(x)
        assert seen.pop() == (~reached).sum() and not seen


def test_restarts_of_a_wrapped_targeted_attack_go_on_until_the_target_is_reached(target):
    model, x, y = target
    goal = (y + 2) % 4
    for attack in (RandomEps(TOWARDS, 0.05, 0.1), Strongest((TOWARDS,)), Restarts(TOWARDS, 1)):
        reached = []
        for n in (1, 4):
            torch.manual_seed(0)
            reached.append(is_broken(model, Restarts(attack, n)(model, x, goal), goal, targeted=True))
        assert (reached[1] | ~reached[0]).all() and reached[0].any(), attack


def test_a_detector_lets_the_targets_of_restarts_through(target):
    model, x, y = target
    goal = (y + 1) % 4
    torch.manual_seed(0)
    x_adv = Undetected(Restarts(TOWARDS, 3), Grey(), -10.0)(model, x, goal)  # a threshold that accepts everything
    moved = (x_adv != x).flatten(1).any(1)
    assert moved.any() and torch.equal(moved, model(x_adv).argmax(1) == goal)


@pytest.mark.parametrize("deep", [lambda a: a, Restarts, RandomEps, Capped], ids=["plain", "n", "eps", "capped"])
def test_targets_and_labels_do_not_mix(deep):
    part = deep(TOWARDS)
    for other in (FGSM(), Noise(), Strongest((AWAY,))):
        words = f"a targeted {type(part).__name__} beside an untargeted {type(other).__name__}: .*Relabel"
        for attacks in ((part, other), (other, part), (part, TOWARDS, other)):
            with pytest.raises(ValueError, match=words):
                Strongest(attacks)
    assert not Strongest((Relabel(part, least_likely), AWAY)).targeted


def test_random_eps_draws_from_its_range(target):
    model, x, y = target
    torch.manual_seed(0)
    sizes = torch.stack([Linf().size(RandomEps(FGSM(0.9), 0.05, 0.15)(model, x, y) - x).max() for _ in range(60)])
    assert sizes.min() >= 0.05 and sizes.max() <= 0.15 + 1e-6
    assert sizes.mean().item() == pytest.approx(0.1, abs=0.015) and sizes.std() > 0.02


def test_feature_matching_needs_no_gradient_of_the_head(target):
    model, x, y = target
    means = torch.stack([model.features(x)[y == j].mean(0) if (y == j).any() else torch.ones(8) for j in range(4)])
    z_before = torch.cdist(model.features(x), means.detach())
    x_adv = FeatureMatching(means.detach(), 0.1, 10, finish=0, targets=1)(model, x, y)
    nearest = z_before.scatter(1, y[:, None], torch.inf).argmin(1)
    z_after = torch.cdist(model.features(x_adv), means.detach())
    assert (z_after.gather(1, nearest[:, None]) < z_before.gather(1, nearest[:, None])).float().mean() > 0.9
    model.head.weight.data.mul_(1e4)  # saturated: the cross-entropy's gradient is exactly zero
    assert torch.equal(FGSM(0.1)(model, x, y)[0], x[0]) or is_broken(model, x_adv, y).any()
    assert is_broken(model, FeatureMatching(means.detach(), 0.1, 10)(model, x, y), y).float().mean() > 0.3
