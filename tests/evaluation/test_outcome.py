"""Outcomes: on a model whose every answer is known, example by example."""

from dataclasses import dataclass, field

import pytest
import torch
from torch import nn

from robustlib.attacks import PGD, Noise
from robustlib.evaluation import Outcome, accuracy, under_attack, worst_case
from robustlib.evaluation.verdicts import correct
from robustlib.models import lenet1

PIXELS = torch.tensor([0.10, 0.30, 0.45, 0.48, 0.55, 0.70, 0.90, 0.20])
Y = torch.tensor([0, 0, 0, 0, 1, 1, 1, 1])  # the last one is called 0: wrong from the start


class Bright(nn.Module):
    """Class 1 where the mean pixel is above one half. Dropout, so that the mode matters."""

    def __init__(self) -> None:
        super().__init__()
        self.drop = nn.Dropout(1.0)
        self.trained = nn.Parameter(torch.ones(()))

    def forward(self, x):
        above = self.trained * self.drop(x.flatten(1).mean(1) - 0.5)
        return torch.stack([-above, above], 1)


@dataclass(frozen=True)
class Shift:
    """Adds `by` to every pixel; records what it was given."""

    by: float
    seen: list = field(default_factory=list, compare=False)

    def __call__(self, model, x, y):
        self.seen.append(x.clone())
        return (x + self.by).clamp(0, 1)


@dataclass(frozen=True)
class Returns:
    """Gives back images full of one value."""

    value: float

    def __call__(self, model, x, y):
        return torch.full_like(x, self.value)


@pytest.fixture
def data():
    return PIXELS[:, None, None, None].expand(-1, 1, 2, 2).contiguous(), Y


@pytest.fixture
def model():
    return Bright().eval()


def test_the_toy_is_what_it_says(model, data):
    assert model(data[0]).argmax(1).tolist() == [0, 0, 0, 0, 1, 1, 1, 0]
    assert correct(model, *data).tolist() == [True] * 7 + [False]
    assert accuracy(model, data) == 7 / 8


@pytest.mark.parametrize("batch", [1, 3, 8, 100])
def test_every_example_has_the_outcome_that_arithmetic_says(model, data, batch):
    attacks = {"up": Shift(0.21), "down": Shift(-0.06), "far up": Shift(0.5)}
    outcomes = under_attack(model, attacks, data, batch=batch)
    assert list(outcomes) == ["clean", "up", "down", "far up"]
    assert outcomes["clean"].correct.tolist() == [1, 1, 1, 1, 1, 1, 1, 0]
    assert outcomes["up"].correct.tolist() == [1, 0, 0, 0, 1, 1, 1, 0]
    assert outcomes["down"].correct.tolist() == [1, 1, 1, 1, 0, 1, 1, 0]
    assert outcomes["far up"].correct.tolist() == [0, 0, 0, 0, 1, 1, 1, 0]
    up = outcomes["up"]
    moved = torch.tensor([0.21] * 6 + [0.10, 0])  # 0.9 is clipped at 1; the wrong one is not moved
    torch.testing.assert_close(up.linf, moved)
    torch.testing.assert_close(up.l2, 2 * moved)
    assert up.n == 8 and up.accuracy == 0.5 and up.seconds >= 0
    assert not outcomes["clean"].linf.any() and not outcomes["clean"].l2.any()


def test_what_is_wrong_from_the_start_is_never_attacked(model, data):
    attack = Shift(0.01)
    outcome = under_attack(model, {"up": attack}, data, batch=3)["up"]
    assert [len(x) for x in attack.seen] == [3, 3, 1]
    torch.testing.assert_close(torch.cat(attack.seen)[:, 0, 0, 0], PIXELS[:7])
    assert not outcome.correct[7], "an attack that would mend it does not"
    mending = under_attack(model, {"up": Shift(0.5)}, (data[0][7:], Y[7:]))["up"]
    assert mending.accuracy == 0


def test_modes_gradients_and_generators_are_as_before():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(), nn.Flatten(), nn.Linear(8, 10))
    net.train()
    net[1].eval()
    before = {k: v.clone() for k, v in net.state_dict().items()}
    modes = [m.training for m in net.modules()]
    x = torch.rand(6, 1, 4, 4)
    state = torch.get_rng_state()
    under_attack(net, {"noise": Noise(0.2), "PGD": PGD(0.2, steps=2)}, (x, Y[:6]))
    assert torch.equal(torch.get_rng_state(), state)
    assert [m.training for m in net.modules()] == modes
    assert all(torch.equal(before[k], v) for k, v in net.state_dict().items())
    assert all(p.grad is None and p.requires_grad for p in net.parameters())


def test_an_outer_autocast_does_not_reach_the_verdict(data):
    seen = []

    class Watched(Bright):
        def forward(self, x):
            seen.append((torch.mm(x.flatten(1), x.flatten(1).T).dtype, self.training))
            return super().forward(x)

    with torch.autocast("cpu", dtype=torch.bfloat16):
        under_attack(Watched().train(), {"up": Shift(0.1)}, data)
    assert set(seen) == {(torch.float32, False)}


@pytest.fixture(scope="module")
def digits():
    torch.manual_seed(0)
    x = torch.rand(12, 1, 28, 28)
    net = lenet1().eval()
    return net, (x, net(x).argmax(1))


def test_the_seed_and_the_name_decide_and_no_other_attack_does(digits):
    net, data = digits

    def distances(seed, *names):
        return under_attack(net, dict.fromkeys(names, Noise(0.3)), data, seed=seed)

    alone, among = distances(3, "noise"), distances(3, "before", "noise", "after")
    assert torch.equal(alone["noise"].l2, among["noise"].l2)
    assert torch.equal(alone["noise"].l2, distances(3, "noise")["noise"].l2)
    assert not torch.equal(among["noise"].l2, among["before"].l2)
    assert not torch.equal(alone["noise"].l2, distances(4, "noise")["noise"].l2)


def test_clean_is_reserved_and_there_must_be_images(model, data):
    with pytest.raises(ValueError, match='"clean" is the name'):
        under_attack(model, {"clean": Shift(0.1)}, data)
    for call in (lambda d: under_attack(model, {}, d), lambda d: accuracy(model, d)):
        with pytest.raises(ValueError, match="no image"):
            call((data[0][:0], data[1][:0]))


@pytest.mark.parametrize("value", [-0.01, 1.01, float("nan"), float("inf")])
def test_images_outside_the_range_are_an_error_that_names_the_attack(model, data, value):
    with pytest.raises(ValueError, match=r"Returns\(value=.*outside \[0, 1\] or not finite"):
        under_attack(model, {"broken": Returns(value)}, data)


def test_one_pixel_that_is_not_a_number_is_found(model, data):
    def one(model, x, y):
        x = x.clone()
        x[-1, 0, 0, 0] = torch.nan
        return x

    with pytest.raises(ValueError, match="not finite"):
        under_attack(model, {"broken": one}, data)


def test_where_everything_is_wrong_nothing_is_attacked(model, data):
    attack = Shift(0.1)
    outcome = under_attack(model, {"up": attack}, (data[0], 1 - model(data[0]).argmax(1)))["up"]
    assert outcome.accuracy == 0 and attack.seen == [] and not outcome.linf.any()


def outcome(correct: list, linf: list) -> Outcome:
    return Outcome(torch.tensor(correct).bool(), torch.tensor(linf), 2 * torch.tensor(linf), 1.5)


def test_the_worst_case_is_the_and_with_the_smallest_success():
    a, b = outcome([1, 0, 0, 1], [0.3, 0.2, 0.1, 0.1]), outcome([1, 0, 1, 0], [0.2, 0.3, 0.05, 0.4])
    worst = worst_case({"a": a, "b": b})
    assert worst.correct.tolist() == [True, False, False, False]
    torch.testing.assert_close(worst.linf, torch.tensor([0.3, 0.2, 0.1, 0.4]))
    torch.testing.assert_close(worst.l2, 2 * worst.linf)
    assert worst.seconds == 3.0


def test_the_worst_case_of_real_attacks_is_below_every_row(model, data):
    outcomes = under_attack(model, {"up": Shift(0.21), "down": Shift(-0.06)}, data)
    worst = worst_case(outcomes)
    assert worst.correct.tolist() == [1, 0, 0, 0, 0, 1, 1, 0]
    assert all((worst.correct <= o.correct).all() and worst.accuracy <= o.accuracy for o in outcomes.values())
    assert worst.linf[7] == 0, "wrong from the start: no distance"


def test_the_worst_case_of_nothing_or_of_other_examples_raises():
    with pytest.raises(ValueError, match=r"n = \[\]"):
        worst_case({})
    with pytest.raises(ValueError, match=r"n = \[2, 1\]"):
        worst_case({"a": outcome([1, 0], [0.0, 0.1]), "b": outcome([1], [0.0])})


def test_an_outcome_reads_as_a_sentence():
    assert repr(outcome([1, 1, 1, 1, 1, 0, 0, 0, 0, 0], [0.0] * 10)) == "50.0 % [23.7, 76.3], n = 10"
