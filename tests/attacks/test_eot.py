"""EOT: models whose draws are known one by one, so that what the mean of them shows can be worked out."""

import os
import random

import numpy as np
import pytest
import torch
from attacks.targets import batch, network
from torch import Tensor, nn

from robustlib.attacks import BIM, EOT, FGSM, PGD, FeatureMatching, Square, Transfer
from robustlib.attacks.eot import MeanAnswer
from robustlib.evaluation import cost
from robustlib.evaluation.frauds import random_noise

X, Y = torch.full((1, 1, 1, 1), 0.9), torch.tensor([0])


class Cycle(nn.Module):
    """One pixel v, logits (0, slope * v): the slopes in turn, one a call, in the place of draws."""

    def __init__(self, *slopes: float) -> None:
        super().__init__()
        self.slopes, self.calls = slopes, 0

    def forward(self, x: Tensor) -> Tensor:
        slope = self.slopes[self.calls % len(self.slopes)]
        self.calls += 1
        v = x.flatten(1)
        return torch.cat([0 * v, slope * v], 1)


class Drawn(nn.Module):
    """A network behind noise, which keeps what it drew."""

    def __init__(self) -> None:
        super().__init__()
        self.net, self.seen = network(), []

    def forward(self, x: Tensor) -> Tensor:
        noise = torch.randn(1)
        self.seen.append(noise.item())
        return self.net(x + 0.1 * noise + 0 * np.random.rand() + 0 * random.random())


def test_two_draws_show_the_way_that_one_hides():
    """One draw says that the loss falls with v, the mean of both (slope 1) that it rises."""
    assert FGSM(0.1)(Cycle(-1, 3), X, Y).item() == pytest.approx(0.8)
    assert EOT(FGSM(0.1), 2)(Cycle(-1, 3), X, Y).item() == pytest.approx(1.0)
    assert EOT(FGSM(0.1), 2)(Cycle(1, -3), X, Y).item() == pytest.approx(0.8)


def test_a_draw_that_is_broken_already_weighs_less_among_probabilities():
    """Logits 10 v and -v: the mean of the logits rises with v; the mean probability of class 0 falls as v falls."""
    assert EOT(FGSM(0.1), 2)(Cycle(10, -1), X, Y).item() == pytest.approx(1.0)
    assert EOT(FGSM(0.1), 2, of="probabilities")(Cycle(10, -1), X, Y).item() == pytest.approx(0.8)


def test_what_is_averaged_by_hand():
    logits = MeanAnswer(Cycle(-1, 3), 2, "logits", 0)(X)
    torch.testing.assert_close(logits, torch.tensor([[0.0, 0.9]]))
    log_p = MeanAnswer(Cycle(-1, 3), 2, "probabilities", 0)(X)
    of_one = [1 / (1 + np.exp(-0.9)), 1 / (1 + np.exp(2.7))]
    assert log_p.exp()[0].tolist() == pytest.approx([np.mean(of_one), 1 - np.mean(of_one)], rel=1e-5)


@pytest.mark.parametrize(("attack", "forward", "backward"), [(PGD(0.1, steps=7), 35, 35), (FGSM(0.1), 5, 5)])
def test_every_step_costs_a_pass_each_way_for_every_draw(attack, forward, backward):
    model = random_noise(network())
    found = cost(model, EOT(attack, 5), *batch(model, 6))
    assert (found.forward, found.backward) == (forward, backward)


def test_queries_are_answered_by_the_mean_too():
    model = network()
    x, y = batch(model, 6)
    plain, mean = (cost(model, attack, x, y) for attack in (Square(0.01, 10), EOT(Square(0.01, 10), 3)))
    assert mean.forward == 3 * plain.forward > 0 and mean.backward == 0


def test_every_draw_is_new_and_follows_from_the_seed():
    seen = []
    for seed in (0, 0, 1):
        model = Drawn()
        x, y = batch(model.net, 4)
        torch.manual_seed(seed)
        EOT(BIM(0.1, steps=3), 4)(model, x, y)
        seen.append(model.seen)
    assert len(set(seen[0])) == 12
    assert seen[0] == seen[1] and not set(seen[0]) & set(seen[2])
    twice, x, y = Drawn(), *batch(network(), 4)
    for _ in range(2):
        EOT(BIM(0.1, steps=1), 2)(twice, x, y)
    assert len(set(twice.seen)) == 4, "a second attack draws anew"


def test_the_attacks_own_draws_are_the_same_for_every_number_of_draws():
    model = network()
    x, y = batch(model)
    torch.manual_seed(3)
    torch.randint(2**31, ())  # the seed of the draws
    plain = PGD(0.2, steps=4)(model, x, y)
    for draws in (1, 2, 4):  # of powers of 2 the mean is exact
        torch.manual_seed(3)
        assert torch.equal(EOT(PGD(0.2, steps=4), draws)(model, x, y), plain)


def test_the_other_generators_stay_where_they_were():
    def states():
        _, numbers, place, *_ = np.random.get_state()
        checked = os.environ.get("ROBUSTLIB_TYPECHECK", "1") != "0"
        return numbers.tolist(), place, None if checked else random.getstate()

    model = Drawn()
    x, y = batch(model.net, 4)
    before = states()
    EOT(PGD(0.1, steps=2), 2)(model, x, y)
    assert states() == before


def test_it_aims_as_its_attack_does():
    assert EOT(PGD(targeted=True)).targeted and not EOT(PGD()).targeted and not EOT(Transfer(network(), PGD())).targeted


@pytest.mark.parametrize(("fields", "message"), [({"draws": 0}, "draws >= 1, got 0"), ({"of": "losses"}, "'losses'")])
@pytest.mark.bad_input
def test_wrong_settings(fields, message):
    with pytest.raises(ValueError, match=message):
        EOT(PGD(), **fields)


class Softmax(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return network()(x).softmax(1)


class Pair(nn.Module):
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return network()(x), x


@pytest.mark.bad_input
def test_a_model_that_answers_no_logits_is_named():
    x, y = batch(network(), 4)
    for of in ("logits", "probabilities"):
        with pytest.raises(ValueError, match="returns probabilities"):
            EOT(PGD(0.1, steps=1), 2, of)(Softmax(), x, y)
        with pytest.raises(ValueError, match="got a tuple"):
            EOT(PGD(0.1, steps=1), 2, of)(Pair(), x, y)
    with pytest.raises(TypeError, match="plain Classifier"):
        EOT(FeatureMatching(torch.zeros(4, 8)), 2)(network(), x, y)
