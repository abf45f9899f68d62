"""The way of an attack, on a network whose gradient is known: the logit of class 1 is the sum of the pixels."""

import pytest
import torch
from torch import Tensor, nn

from robustlib.attacks import FGSM, PGD, Restarts, Square
from robustlib.evaluation import iterates
from robustlib.models import Classifier, lenet1


class Sum(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        total = x.flatten(1).sum(1)
        return torch.stack([-total, total], 1)


GREY, ZERO = torch.full((1, 1, 2, 2), 0.5), torch.tensor([0])  # the attack raises class 1: every pixel goes up


def test_pgd_step_by_step() -> None:
    way = iterates(Sum(), PGD(0.2, steps=4, alpha=0.06, random_start=False), GREY, ZERO)
    assert torch.allclose(way[:, 0, 0, 0], torch.tensor([0.5, 0.56, 0.62, 0.68, 0.7]))


def test_a_classifier_is_followed_and_left_as_it_was() -> None:
    torch.manual_seed(0)
    model, x, y = lenet1().eval(), torch.rand(1, 1, 28, 28), torch.tensor([3])
    assert isinstance(model, Classifier)
    before = torch.get_rng_state()
    ways = [iterates(model, PGD(0.2, steps=5), x, y, seed=seed) for seed in (0, 0, 1)]
    assert torch.equal(before, torch.get_rng_state()) and not model.body._forward_pre_hooks
    assert ways[0].shape == (6, 1, 28, 28)
    assert torch.equal(ways[0], ways[1]) and not torch.equal(ways[0], ways[2])
    assert torch.equal(iterates(model, FGSM(0.1), x, y)[-1:], FGSM(0.1)(model, x, y))


def test_an_attack_by_queries_has_only_its_result() -> None:
    assert len(iterates(Sum(), Square(0.1, queries=5), GREY, ZERO)) == 1


def test_what_cannot_be_followed() -> None:
    with pytest.raises(ValueError, match="that of one image, got 2"):
        iterates(Sum(), FGSM(0.1), GREY.expand(2, -1, -1, -1), torch.tensor([0, 0]))
    with pytest.raises(ValueError, match="takes no hook"):
        iterates(torch.jit.script(Sum()), FGSM(0.1), GREY, ZERO)
    assert len(iterates(Sum(), Restarts(PGD(0.1, steps=2), 1), GREY, ZERO)) >= 3
