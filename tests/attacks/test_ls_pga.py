"""LS-PGA on one pixel of four levels, where the best level can be worked out; and behind it, what is left as it was."""

import pytest
import torch
from attacks.targets import batch, network
from torch import Tensor, nn

from robustlib.attacks import BPDA, FGSM, LSPGA, PGD
from robustlib.attacks.ls_pga import candidates
from robustlib.models import Classifier, SoftThermometer, Thermometer, lenet5, with_thermometer

X, Y = torch.full((1, 1, 1, 1), 0.4), torch.tensor([0])


class Bits(nn.Module):
    """Logits (1, 1 + s): s of the levels 0 .. 3 is 0, 1, -2, 3."""

    def forward(self, code: Tensor) -> Tensor:
        s = (code.flatten(1) * torch.tensor([0.0, 1.0, -3.0, 5.0])).sum(1, keepdim=True)
        return 1 + torch.cat([0 * s, s], 1)


class Pixel(nn.Module):
    """One pixel v, logits (0, v)."""

    def forward(self, x: Tensor) -> Tensor:
        v = x.flatten(1)
        return torch.cat([0 * v, v], 1)


MODEL = Classifier(Thermometer(4), Bits())


# From 0.4, level 1: 0.2 away lie levels 0 to 2, 0.4 away all four. The loss of class 0 rises with s, that of 1 falls.
@pytest.mark.parametrize(("eps", "y", "targeted", "found"), [
    (0.2, 0, False, 0.4), (0.4, 0, False, 0.75), (0.2, 1, False, 0.5), (0.4, 1, False, 0.5),
    (0.4, 1, True, 0.75), (0.4, 0, True, 0.5), (0.0, 1, False, 0.4), (0.05, 1, False, 0.4),
])  # fmt: skip
def test_the_best_level_within_reach_by_the_smallest_change(eps, y, targeted, found):
    for seed in range(5):
        torch.manual_seed(seed)
        x_adv = LSPGA(eps, steps=40, targeted=targeted)(MODEL, X, torch.tensor([y]))
        assert x_adv.item() == pytest.approx(found, abs=0.001) and abs(x_adv - X) <= eps
        assert MODEL.body(x_adv).sum() == {0.4: 2, 0.5: 3, 0.75: 4}[found]


def test_the_gradient_of_the_pixel_shows_nothing_and_the_soft_code_the_next_level_only():
    assert torch.equal(FGSM(0.4)(MODEL, X, Y), X)
    soft = BPDA(PGD(0.4, 10, random_start=False), Thermometer, SoftThermometer(4))(MODEL, X, Y)
    assert soft.item() < 0.4, "at 0.4 the next bit lowers s"


def test_what_a_pixel_can_reach():
    values, reachable = candidates(torch.tensor([0.4, 1.0]).reshape(1, 1, 1, 2), 0.16, 4)
    assert values[0, 0, 0, 0].tolist() == pytest.approx([0.24975, 0.4, 0.50025, 0.75025], abs=1e-6)
    assert reachable[0, 0, :, 0].tolist() == [[True, True, True, False], [False, False, False, True]]
    assert values[0, 0, 1, 0, 3] == 1


def test_a_network_that_reads_pixels_is_climbed_through_their_mean():
    torch.manual_seed(0)
    up = LSPGA(0.2, steps=20)(Classifier(nn.Identity(), Pixel()), torch.full((1, 1, 1, 1), 0.5), Y)
    assert up.item() == pytest.approx(11.001 / 16), "0.7 lies in cell 11 of 16"


def test_on_an_affine_model_every_pixel_goes_to_the_last_level_that_it_reaches():
    torch.manual_seed(1)
    head = nn.Linear(12, 2)
    model, x = Classifier(nn.Flatten(), head), torch.rand(6, 1, 3, 4)
    y = torch.tensor([0, 1] * 3)
    uphill = (head.weight[1 - y] - head.weight[y]).reshape(-1, 1, 3, 4) > 0
    level = [(8 * (x + side).clamp(0, 0.99999)).floor() for side in (-0.2, 0.2)]
    down, up = ((lev + (0.999 if i == 0 else 0.001)) / 8 for i, lev in enumerate(level))
    own = (8 * x).floor()
    down, up = (torch.where(own == lev, x, end) for lev, end in zip(level, (down, up), strict=True))
    near = ((x - 0.2 - down).abs() < 0.001) | ((x + 0.2 - up).abs() < 0.001)
    x_adv = LSPGA(0.2, steps=60, levels=8)(model, x, y)
    torch.testing.assert_close(x_adv[~near], torch.where(uphill, up, down)[~near])
    assert near.sum() < 4


def test_it_breaks_a_thermometer_that_gradients_do_not():
    torch.manual_seed(3)
    model = with_thermometer(lenet5()).eval()
    x = torch.rand(30, 1, 28, 28)
    y = model(x).argmax(1)
    left = [
        (model(attack(model, x, y)).argmax(1) == y).float().mean()
        for attack in (PGD(0.1, 10, random_start=False), LSPGA(0.1))
    ]
    assert left[0] == 1 and left[1] < 0.2


def test_the_thermometers_hooks_are_as_before_also_when_the_loss_fails():
    def fails(logits: Tensor, y: Tensor) -> Tensor:
        raise KeyError("half way")

    with pytest.raises(KeyError, match="half way"):
        LSPGA(0.1, loss=fails)(MODEL, X, Y)
    assert not MODEL.body._forward_hooks and MODEL.body(X).sum() == 2


@pytest.mark.parametrize(
    ("fields", "message"),
    [({"levels": 1}, "levels >= 2"), ({"anneal": 0.5}, "anneal=0.5"), ({"inverse_temperature": 0.0}, "temperature=0.0"),
     ({"step": 0.0}, "must be > 0"), ({"steps": 0}, "steps >= 1"), ({"eps": -0.1}, ">= 0 and finite")],
)  # fmt: skip
@pytest.mark.bad_input
def test_wrong_settings(fields, message):
    with pytest.raises(ValueError, match=message):
        LSPGA(**fields)


@pytest.mark.bad_input
def test_two_thermometers_that_differ():
    model = Classifier(nn.Sequential(Thermometer(4), Thermometer(3)), network().head)
    with pytest.raises(ValueError, match=r"different levels, \[3, 4\]"):
        LSPGA()(model, *batch(network()))
