"""Several evaluations of a random defence: numbers by hand, and what the draws of a coin must come to."""

import pytest
import torch
from attacks.targets import batch, network
from torch import Tensor, nn

from robustlib.attacks import EOT, PGD, Noise
from robustlib.evaluation import Outcome, OverSeeds, Randomness, over_seeds, under_attack, wilson
from robustlib.evaluation.frauds import random_noise

TORCH = Randomness(("torch",), (), False, True)


def outcome(bits: str, size: float = 0.0) -> Outcome:
    right = torch.tensor([bit == "1" for bit in bits])
    return Outcome(right, torch.full((len(bits),), size), torch.full((len(bits),), size), 1.0, 1)


class Coin(nn.Module):
    """Class 1 with the probability that the pixel says; each image of each call has its own draw."""

    draws_random_numbers = True

    def forward(self, x: Tensor) -> Tensor:
        v = x.flatten(1)[:, :1]
        one = (torch.rand_like(v) < v).float() + 0 * v
        return torch.cat([1 - one, one], 1) * 3 - 1


class Fixed(Coin):
    def forward(self, x: Tensor) -> Tensor:
        torch.manual_seed(0)
        return super().forward(x)


def test_four_images_and_two_seeds_by_hand():
    found = OverSeeds({0: outcome("1101", 0.1), 7: outcome("1001", 0.2)}, TORCH)
    assert found.mean == 0.625 and found.extremes == (0.5, 0.75) and found.draws == 2
    assert found.shares.tolist() == [1, 0.5, 0, 1]
    assert found.worst.correct.tolist() == [True, False, False, True] and found.worst.draws == 2
    torch.testing.assert_close(found.worst.linf, torch.tensor([0.2, 0.2, 0.1, 0.2]))
    assert found.interval == (wilson(2, 4)[0], wilson(3, 4)[1]), "0.625 of 4 is between 2 and 3 images"
    assert repr(found) == (
        "mean 62.5 % [15.0, 95.4], single evaluations 50.0 to 75.0 %, worst of 2 for each image 50.0 %, n = 4, "
        "on 2 draws of a model that draws random numbers from torch's global generator"
    )


@pytest.mark.parametrize(
    ("drawn", "draws"),
    [
        (Randomness((), (), False, False), 0),
        (Randomness(("torch",), ("torch",), False, False), 1),
        (Randomness(("torch", "numpy"), ("torch",), False, False), 3),
        (Randomness(("torch",), ("torch",), True, False), 3),
        (Randomness((), (), True, False), 3),
    ],
)
def test_on_how_many_draws_it_rests(drawn, draws):
    assert OverSeeds({seed: outcome("10") for seed in range(3)}, drawn).draws == draws


def test_a_coin_comes_to_its_probability_and_its_worst_to_a_power_of_it():
    """300 images of 0.8 that are right with that probability: the mean 0.8, the worst of 4 near 0.8^4 = 0.41."""
    data = torch.full((300, 1, 2, 2), 0.8), torch.ones(300, dtype=torch.long)
    found = over_seeds(Coin(), {}, data, seeds=range(4))["clean"]
    assert abs(found.mean - 0.8) < 0.06 and abs(found.worst.accuracy - 0.41) < 0.1
    assert found.interval[0] < 0.8 < found.interval[1] and found.draws == 4
    assert found.extremes[0] < found.mean < found.extremes[1]
    fixed = over_seeds(Fixed(), {}, data, seeds=range(4))["clean"]
    assert fixed.draws == 1 and fixed.worst.accuracy == fixed.mean, "four seeds of one draw"


def test_each_seed_is_an_evaluation_of_its_own(tmp_path):
    model = random_noise(network(), 0.3)
    data = batch(network(), 40)
    attacks = {"noise": Noise(0.1), "EOT": EOT(PGD(0.1, steps=2), 2)}
    found = over_seeds(model, attacks, data, seeds=(3, 5), checkpoint=tmp_path / "run")
    assert list(found) == ["clean", "noise", "EOT"] and all(list(of.by_seed) == [3, 5] for of in found.values())
    for seed in (3, 5):
        alone = under_attack(model, attacks, data, seed=seed)
        assert all(torch.equal(found[name].by_seed[seed].correct, alone[name].correct) for name in found)
    assert not torch.equal(*(of.correct for of in found["noise"].by_seed.values()))
    assert len(list(tmp_path.iterdir())) == 2
    again = over_seeds(model, attacks, data, seeds=(3, 5), checkpoint=tmp_path / "run")
    assert again["EOT"].by_seed[5].seconds == found["EOT"].by_seed[5].seconds, "read, not computed again"


def test_a_plain_network_rests_on_no_draw():
    found = over_seeds(network(), {"PGD": PGD(0.05, steps=2)}, batch(network(), 20), seeds=(0, 1))
    assert found["PGD"].draws == 0 and found["PGD"].worst.draws == 0 and found["clean"].mean == 1
    assert repr(found["clean"]).endswith("on 0 draws of a model that draws no random numbers")


@pytest.mark.bad_input
def test_one_evaluation_is_not_several():
    for seeds in ((), (1,), (2, 2)):
        with pytest.raises(ValueError, match="two different seeds at least"):
            over_seeds(network(), {}, batch(network(), 4), seeds=seeds)
