"""Which generator a defence draws from, whether one seeds itself, and whether it says so."""

import random
from collections.abc import Callable

import numpy as np
import pytest
import torch
from attacks.targets import batch, network
from torch import Tensor, nn
from torch.nn import functional as F

from robustlib.evaluation import declared_randomness, randomness
from robustlib.evaluation.frauds import random_noise, stop_gradient


class Behind(nn.Module):
    """A network behind something that is added to its images."""

    def __init__(self, draw: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.net, self.draw = network(), draw

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x + 0.3 * self.draw(x))


class Saying(Behind):
    draws_random_numbers = True


def itself(draw: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    def seeds(x: Tensor) -> Tensor:
        torch.manual_seed(0), np.random.seed(0)
        return draw(x)

    return seeds


def from_numpy(x: Tensor) -> Tensor:
    return torch.from_numpy(np.random.randn(*x.shape)).to(x.dtype)


def from_python(x: Tensor) -> Tensor:
    return torch.tensor([random.gauss(0, 1) for _ in range(x.numel())]).reshape(x.shape)


OWN, THEIRS = torch.Generator().manual_seed(3), np.random.default_rng(3)
DRAWS: dict[str, tuple[Callable[[Tensor], Tensor], tuple[str, ...], bool]] = {
    "torch": (torch.randn_like, ("torch",), False),
    "dropout": (lambda x: F.dropout(torch.ones_like(x), 0.5, training=True), ("torch",), False),
    "torch, without effect": (lambda x: 0 * torch.rand_like(x), ("torch",), False),
    "numpy": (from_numpy, ("numpy",), False),
    "Python": (from_python, ("Python",), False),
    "two": (lambda x: torch.randn_like(x) + from_numpy(x), ("torch", "numpy"), False),
    "its own": (lambda x: torch.randn(x.shape, generator=OWN), (), True),
    "its own, numpy": (lambda x: torch.from_numpy(THEIRS.standard_normal(x.shape)).float(), (), True),
    "its own and torch's": (lambda x: torch.randn(x.shape, generator=OWN) + torch.randn_like(x), ("torch",), True),
}


@pytest.fixture(scope="module")
def x() -> Tensor:
    return batch(network(), 8)[0]


@pytest.mark.parametrize("name", DRAWS)
def test_where_the_numbers_come_from(name, x):
    draw, generators, own = DRAWS[name]
    for kind, said in ((Behind, False), (Saying, True)):
        found = randomness(kind(draw), x)
        assert (found.generators, found.own, found.reseeded) == (generators, own, ())
        assert found.random and found.said == said and found.hidden != said
        assert str(found).endswith("without saying so") != said
    assert "which no seed of ours reaches" in str(found) if own else f"{generators[0]}'s global" in str(found)


def test_one_that_seeds_itself_is_told():
    x = batch(network(), 8)[0]
    found = randomness(Behind(itself(torch.randn_like)), x)
    assert found.generators == ("torch", "numpy") == found.reseeded and not found.own
    assert "and seeds torch and numpy itself" in str(found)


def test_a_plain_network_draws_none_in_train_mode_neither(x):
    for model in (network(), network().train(), stop_gradient(network())):
        found = randomness(model, x)
        assert not found.random and not found.hidden and str(found) == "draws no random numbers"
    assert declared_randomness(network(), x) == found


def test_the_callers_generators_and_modes_are_as_before(x):
    model = Behind(lambda x: torch.randn_like(x) + from_numpy(x)).train()
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()
    randomness(model, x)
    assert torch.equal(torch.get_rng_state(), before[0]) and np.random.get_state()[1].tolist() == before[1]
    assert model.training and model.net.training


def test_a_defence_that_hides_it_is_an_error_that_says_the_way_out(x):
    with pytest.raises(ValueError, match=r"torch's global generator, without saying so.*EOT.*over_seeds"):
        declared_randomness(Behind(torch.randn_like), x)
    assert declared_randomness(random_noise(network()), x).generators == ("torch",)


@pytest.mark.bad_input
def test_bad_input(x):
    with pytest.raises(ValueError, match="one image at least"):
        randomness(network(), x[:0])
    with pytest.raises(TypeError, match=r"an nn\.Module"):
        randomness(lambda x: x, x)
    with pytest.raises(ValueError, match=r"lie in \[0, 1\]"):
        randomness(network(), x + 1)
