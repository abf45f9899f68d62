"""A card at a stated number of passes, and a card that goes on from what was measured."""

import re
from dataclasses import dataclass, replace

import pytest
import torch
from evaluation.carded import EPS, SMALL, N, affine, card, finding, images

from robustlib.attacks import PGD, DeepFool
from robustlib.evaluation.card.limit import LimitReached, at_most
from robustlib.evaluation.cost import counting
from robustlib.evaluation.report_card import report_card
from robustlib.models import Classifier

STILL = PGD(EPS, steps=4, random_start=False)  # as many passes on the tenth try as on the first


class Counted:
    """The affine network, whose forward and backward passes are counted by other means than the library's."""

    def __init__(self):
        self.passes = 0
        self.model = affine()
        self.model.body.register_forward_hook(self.forward)

    def forward(self, module, given, out):
        self.passes += len(out)
        if out.requires_grad:
            out.register_hook(self.backward)

    def backward(self, g):
        self.passes += len(g)


def test_the_passes_that_are_said_are_those_that_went():
    counted = Counted()
    found = card(STILL, counted.model)
    assert round(found.passes * N) == counted.passes
    assert found.passes == pytest.approx(sum(check.passes for check in found.checks))
    assert found.limit is None and "passes an image;" in found.rests_on


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_a_card_keeps_to_its_limit_and_says_what_it_left(share):
    whole = card(STILL)
    limit = max(1, round(share * whole.passes + 0.5))  # a whole number, at 1.0 enough for all
    counted = Counted()
    found = card(STILL, counted.model, limit=limit)
    assert counted.passes == pytest.approx(N * found.passes) and found.passes <= limit
    assert f"passes an image of {limit} at most" in found.rests_on
    left = [check.name for check in found.checks if "left unjudged" in check.measured]
    assert bool(left) == (limit < whole.passes)
    for check in found.checks:
        if check.name not in left:
            assert replace(check, passes=0) == replace(finding(whole, check.name), passes=0)
        else:
            assert check.verdict == "cannot be judged" and f"the limit of {limit} passes" in check.measured


def test_where_the_limit_ends_the_evaluation_itself_nothing_is_said_of_it():
    found = card(STILL, limit=2)
    assert found.robust is None and found.verdict == "cannot be judged"
    assert found.stopped == "left unjudged: the limit of 2 passes an image is reached"


@dataclass(frozen=True)
class Swallows:
    """An attack that goes on whatever the model raises."""

    eps: float = EPS

    def __call__(self, model, x, y):
        for _ in range(100):
            try:
                model(x)
            except Exception:
                continue
        return x


def test_an_attack_that_swallows_the_error_gets_no_pass_more():
    counted = Counted()
    card(Swallows(), counted.model, limit=5, only=())
    assert counted.passes <= 5 * N


def test_the_pass_that_is_too_many_is_refused_before_it_is_made():
    model, (x, _) = affine(), images()
    for allowed, went_through in ((11, 0), (12, 12), (23, 12), (24, 24)):
        with counting(model) as went:
            try:
                with at_most(allowed, model, went):
                    moved = x.clone().requires_grad_(True)
                    torch.autograd.grad(model(moved).sum(), moved)
                    model(x)
            except LimitReached:
                pass
        assert went.forward + went.backward == went_through
    wide = Classifier(model.body, torch.nn.Linear(16, 9)).eval()
    with counting(model) as went, pytest.raises(LimitReached), at_most(40, model, went):  # one forward, many backward
        DeepFool()(wide, x, wide(x).argmax(1))
    assert went.forward + went.backward <= 40


class Stopping:
    """A forward pass at which everything stops, and how many there were."""

    def __init__(self, at):
        self.at, self.calls = at, 0

    def __call__(self, module, given):
        self.calls += 1
        if self.calls == self.at:
            raise KeyboardInterrupt


@pytest.mark.parametrize("share", [0.01, 0.3, 0.95])
def test_wherever_it_was_interrupted_it_ends_the_same_and_measures_nothing_twice(tmp_path, share):
    model = affine()
    model.body.register_forward_pre_hook(counter := Stopping(at=0))
    whole = card(model=model)
    everything, counter.calls = counter.calls, 0
    counter.at = max(2, round(share * everything))
    with pytest.raises(KeyboardInterrupt):
        card(model=model, checkpoint=tmp_path / "card")
    resumed = card(model=model, checkpoint=tmp_path / "card")
    assert resumed.checks == whole.checks and resumed.passes == whole.passes
    longest = everything // 3  # of one measurement
    assert everything <= counter.calls <= everything + longest
    counter.calls, counter.at = 0, 0
    again = card(model=model, checkpoint=tmp_path / "card")
    assert again.checks == whole.checks and counter.calls == 0


def test_two_cards_on_one_path(tmp_path):
    path, (x, y) = tmp_path / "card", images()
    few = card(limit=60, checkpoint=path)
    assert any("left unjudged" in check.measured for check in few.checks)
    more = card(checkpoint=path)  # without a limit, or with other checks, it is the same card
    assert more.checks == card().checks and card(checkpoint=path, only=["reach"]).named("fails") == ()
    lower = card(limit=60, checkpoint=path)
    assert lower.passes <= 60, "what was measured before counts too"
    named = {"A": PGD(EPS, steps=4)}
    for words, call in (
        ("eps", lambda: report_card(affine(), (x, y), named, EPS / 2, checkpoint=path, **SMALL)),
        ("attack 'A'", lambda: card(PGD(EPS, steps=5), checkpoint=path)),
        ("model", lambda: card(model=affine(-1.0), data=(x, 1 - y), checkpoint=path)),
        ("images", lambda: card(data=(x.flip(0), y), checkpoint=path)),
        ("labels", lambda: card(data=(x, y.index_fill(0, torch.tensor([0]), 0)), checkpoint=path)),
        ("seed", lambda: card(seed=1, checkpoint=path)),
        ("queries", lambda: card(queries=9, checkpoint=path)),
    ):
        with pytest.raises(ValueError, match=f"another card; what differs: .*{words}"):
            call()


@pytest.mark.parametrize(
    "damage", [lambda data: b"", lambda data: data[: len(data) // 2], lambda data: b"x" + data[1:]]
)
def test_a_damaged_checkpoint_is_named(tmp_path, damage):
    path = tmp_path / "card"
    card(only=["reach"], checkpoint=path)
    (path).write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=re.escape(str(path)) + ".*start this card anew"):
        card(only=["reach"], checkpoint=path)


def test_an_attack_that_cannot_be_described_keeps_no_checkpoint(tmp_path):
    @dataclass(frozen=True)
    class Own:
        noise: torch.Generator

        def __call__(self, model, x, y):
            return (x + 0.05 * torch.rand(x.shape, generator=self.noise)).clamp(0, 1)

    attack = Own(torch.Generator().manual_seed(0))
    assert card(attack, only=()).robust == 1
    with pytest.raises(TypeError, match="no stable description of a Generator"):
        card(attack, checkpoint=tmp_path / "card")
