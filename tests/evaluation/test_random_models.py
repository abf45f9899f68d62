"""A model that draws random numbers: the same seed gives the same verdict, which says that it rests on one draw."""

import os
import random
from collections.abc import Callable

import numpy as np
import pytest
import torch
from attacks.targets import batch, network
from torch import Tensor, nn
from torch.nn import functional as F

from robustlib.attacks import FGSM, PGD, Noise
from robustlib.evaluation import accuracy, pairs, sweep, under_attack, worst_case
from robustlib.modes import seeded

SOURCES: dict[str, Callable[[Tensor], Tensor]] = {
    "torch": lambda x: torch.randn(x.shape),
    "torch, like": torch.randn_like,
    "torch, in place": lambda x: torch.empty_like(x).normal_(),
    "dropout": lambda x: F.dropout(torch.ones_like(x), 0.5, training=True),
    "numpy": lambda x: torch.from_numpy(np.random.randn(*x.shape)).float(),
    "Python": lambda x: torch.tensor([random.gauss(0, 1) for _ in range(x.numel())]).reshape(x.shape),
}


class Noisy(nn.Module):
    """A network behind noise."""

    def __init__(self, draw: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.net, self.draw = network(), draw

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x + 0.3 * self.draw(x))


@pytest.fixture(scope="module")
def data() -> tuple[Tensor, Tensor]:
    return batch(network(), 60)


def states() -> tuple:
    """Of the global generators; of Python's only where the shape checker, which draws from it, is off."""
    checked = os.environ.get("ROBUSTLIB_TYPECHECK", "1") != "0"
    _, numbers, place, *_ = np.random.get_state()
    return torch.get_rng_state().tolist(), numbers.tolist(), place, None if checked else random.getstate()


@pytest.mark.parametrize("source", SOURCES)
def test_the_seed_decides_the_verdict_and_the_callers_generators_stay(source, data):
    model, attacks = Noisy(SOURCES[source]), {"noise": Noise(0.1), "PGD": PGD(0.05, 2)}
    torch.manual_seed(1), np.random.seed(1), random.seed(1)
    before, seen = states(), []
    for _ in range(6):
        rows = under_attack(model, attacks, data, seed=0, batch=16)
        seen.append([(row.correct.tolist(), row.l2.tolist()) for row in rows.values()])
        assert states() == before
        torch.rand(3), np.random.rand(3), random.random()  # wherever the caller's generators stand
        before = states()
    assert all(one == seen[0] for one in seen)
    clean = rows["clean"].accuracy
    assert 0.3 < clean < 0.9, "noise that changes no answer shows nothing"
    assert accuracy(model, data, batch=16) == accuracy(model, data, batch=16)
    other = under_attack(model, attacks, data, seed=1, batch=16)
    assert other["clean"].correct.tolist() != rows["clean"].correct.tolist()


@pytest.mark.parametrize("source", SOURCES)
def test_the_outcome_says_on_how_many_draws_it_rests(source, data):
    rows = under_attack(Noisy(SOURCES[source]), {"noise": Noise(0.1)}, data)
    curve = sweep(Noisy(SOURCES[source]), FGSM, (0.0, 0.1), data)
    for row in [*rows.values(), *curve.values(), worst_case(rows)]:
        assert row.draws == 1 and repr(row).endswith("n = 60, on 1 draw of a random model")


def test_draws_that_change_nothing_are_draws_too(data):
    rows = under_attack(Noisy(lambda x: 0 * torch.rand_like(x)), {}, data)
    assert rows["clean"].draws == 1


def test_a_deterministic_model_rests_on_none(data):
    rows = under_attack(network(), {"PGD": PGD(0.1, 2)}, data) | sweep(network(), Noise, (0.1,), data)
    assert all(row.draws == 0 and repr(row).endswith("n = 60") for row in rows.values())


@pytest.mark.parametrize("source", SOURCES)
def test_sweeps_and_pairs_are_seeded_too(source, data):
    model, (x, y) = Noisy(SOURCES[source]), data
    before = states()
    first, again = (sweep(model, FGSM, (0.0, 0.05), data) for _ in range(2))
    assert all(torch.equal(first[eps].correct, again[eps].correct) for eps in first)
    assert not pairs(model, x, x, y).any(), "the same image under the same noise"
    x_adv = (x + 0.1).clamp(0, 1)
    assert pairs(model, x, x_adv, y).any() and torch.equal(pairs(model, x, x_adv, y), pairs(model, x, x_adv, y))
    assert states() == before


def test_the_seed_is_0_unless_another_is_given(data):
    model, (x, y) = Noisy(SOURCES["torch"]), data
    x_adv = (x + 0.1).clamp(0, 1)
    by_seed = [
        (accuracy(model, data, seed=seed), pairs(model, x, x_adv, y, seed=seed).tolist(),
         sweep(model, FGSM, (0.05,), data, seed=seed)[0.05].correct.tolist())
        for seed in (0, 1)
    ]  # fmt: skip
    assert all(a != b for a, b in zip(*by_seed, strict=True)), "the seeds can be told apart"
    found = sweep(model, FGSM, (0.05,), data)[0.05].correct.tolist()
    assert (accuracy(model, data), pairs(model, x, x_adv, y).tolist(), found) == by_seed[0]


def test_a_generator_of_the_models_own_is_not_seeded_but_told(data):
    own = torch.Generator().manual_seed(3)
    rows = under_attack(Noisy(lambda x: torch.randn(x.shape, generator=own)), {}, data)
    assert rows["clean"].draws == 1


def test_the_draws_of_a_seed_and_a_name_are_those_of_the_stored_results():
    """Other ones would make every stored result another recipe that nothing tells apart."""
    for seed, name, wanted in ((0, "clean", [6511, 111157]), (3, "PGD", [555810, 770882])):
        with seeded(seed, name, torch.device("cpu")):
            assert torch.randint(10**6, (2,)).tolist() == wanted
