"""MadNet's cap over Carlini and Wagner, in its three readings."""

from dataclasses import dataclass, replace

import pytest
import torch
from attacks.targets import batch, network
from torch import nn

from robustlib.attacks import PGD, Capped, CarliniWagner, Restarts
from robustlib.attacks.climb import is_broken
from robustlib.geometry import Linf
from robustlib.models import Classifier

MADNET = CarliniWagner(1, 60, 0.05, c=10)


def one_pixel() -> tuple[Classifier, torch.Tensor, torch.Tensor]:
    """A network that looks at one pixel of four, and images at 0.2 and 0.55 from its boundary there."""
    head = nn.Linear(4, 2)
    with torch.no_grad():
        head.weight.copy_(torch.tensor([[0.0] * 4, [5.0, 0, 0, 0]]))
        head.bias.copy_(torch.tensor([4.0, 0.0]))
    x = torch.full((2, 1, 2, 2), 0.5)
    x[:, 0, 0, 0] = torch.tensor([0.6, 0.25])
    return Classifier(nn.Flatten(), head), x, torch.zeros(2, dtype=torch.long)


def test_the_three_readings_where_the_cap_is_between_two_distances():
    model, x, y = one_pixel()
    off = Capped(MADNET, 0.3, "off")(model, x, y)
    assert torch.equal(off, MADNET(model, x, y)) and is_broken(model, off, y).all()
    torch.testing.assert_close((off - x)[:, 0, 0, 0], torch.tensor([0.2, 0.55]), rtol=0, atol=0.01)
    clip = Capped(MADNET, 0.3)(model, x, y)
    assert is_broken(model, clip, y).tolist() == [True, False]  # the survival of the second is the cap's
    assert torch.equal(clip[0], off[0])
    torch.testing.assert_close(clip[1] - x[1], (off[1] - x[1]).clamp(-0.3, 0.3))
    assert clip[1, 0, 0, 0].item() == pytest.approx(0.55)
    reject = Capped(MADNET, 0.3, "reject")(model, x, y)
    assert torch.equal(reject[0], off[0]) and torch.equal(reject[1], x[1])
    inside = PGD(0.6, 20, random_start=False)(model, x, y)
    assert is_broken(model, inside, y).all()  # while the network has no defence at all


def test_a_network_survives_the_cap_and_not_the_attack():
    model = network()
    x, y = batch(model, 20)
    attack = CarliniWagner(2, 20, 0.05, 10)
    survives = {how: (~is_broken(model, Capped(attack, 0.05, how)(model, x, y), y)).sum() for how in HOW}
    assert survives["off"] == 0 < survives["clip"] <= survives["reject"]
    for how in ("clip", "reject"):
        assert Linf().size(Capped(attack, 0.05, how)(model, x, y) - x).max() <= 0.05 + 1e-6


HOW = ("clip", "off", "reject")


@dataclass(frozen=True)
class Fixed:
    """An attack that hands out the same tensor every time."""

    answer: torch.Tensor

    def __call__(self, model, x, y):
        return self.answer


def test_what_the_attack_returned_stays_as_it_was():
    model = network()
    x, y = batch(model)
    answer = (x + 0.5).clamp(0, 1)
    before = answer.clone()
    for how in ("clip", "reject"):
        Capped(Fixed(answer), 0.1, how)(model, x, y)
        assert torch.equal(answer, before)


def test_exactly_at_the_cap_is_inside_it():
    model = network()
    x, y = batch(model)
    pgd = PGD(0.1, 10, random_start=False)
    for how in HOW:
        torch.testing.assert_close(Capped(pgd, 0.1, how)(model, x, y), pgd(model, x, y), rtol=0, atol=1e-7)


def test_targeted_is_what_the_attack_says():
    assert Capped(replace(MADNET, targeted=True)).targeted and not Capped(MADNET).targeted
    assert not Capped(Restarts(PGD(), 2)).targeted


@pytest.mark.bad_input
def test_refused_fields():
    with pytest.raises(ValueError, match="clip, off, reject, got 'cut'"):
        Capped(MADNET, 0.3, "cut")
    for eps in (-0.1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="eps is a radius"):
            Capped(MADNET, eps)
