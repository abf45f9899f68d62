"""Every fraud fools plain PGD on a trained LeNet, and falls to the attack that its docstring names."""

import pytest
import torch
from torch import nn

import robustlib.chapters  # noqa: F401 (its networks)
from robustlib.attacks import BPDA, EOT, PGD, Square, Transfer
from robustlib.datasets import load
from robustlib.detectors import Guarded
from robustlib.evaluation import Detection, declared_randomness, under_attack, zero_gradient_share
from robustlib.evaluation.frauds import (
    KWinners,
    Quantise,
    RejectsEverything,
    Scale,
    SteepNoise,
    k_winners_take_all,
    quantised_input,
    random_noise,
    saturated_softmax,
    stop_gradient,
)
from robustlib.experiments import load_model
from robustlib.losses import dlr, margin
from robustlib.models import StopGradient, resnet

pytestmark = pytest.mark.filterwarnings("ignore:full MNIST is not here")
BLOW = PGD(0.2, steps=20)


@pytest.fixture(scope="module")
def lenet():
    return load_model("rr-lenet-softmax")


@pytest.fixture(scope="module")
def data():
    return load("mnist").validation[:50]


def accuracies(model, attacks, data):
    return {name: found.accuracy for name, found in under_attack(model, attacks, data).items()}


def test_the_network_without_a_fraud_falls_to_plain_pgd(lenet, data):
    found = accuracies(lenet, {"PGD": BLOW}, data)
    assert found["clean"] > 0.9 and found["PGD"] <= 0.1


FRAUDS = {
    "saturated": (saturated_softmax, 0.9, {"margin": PGD(0.2, steps=20, loss=margin)}),
    "saturated, dlr": (saturated_softmax, 0.9, {"dlr": PGD(0.2, steps=20, loss=dlr)}),
    "stop-gradient": (stop_gradient, 0.9, {"BPDA": BPDA(BLOW, StopGradient), "Square": Square(0.2, 300)}),
    "noise": (random_noise, 0.8, {"EOT": EOT(BLOW, 8), "BPDA": BPDA(BLOW, SteepNoise)}),
    "quantised": (quantised_input, 0.9, {"BPDA": BPDA(BLOW, Quantise)}),
    "k winners": (k_winners_take_all, 0.4, {"BPDA": BPDA(BLOW, KWinners, nn.functional.relu)}),
}


@pytest.mark.parametrize("name", FRAUDS)
def test_plain_pgd_is_fooled_and_the_right_attack_is_not(name, lenet, data):
    wrapper, fooled, right = FRAUDS[name]
    found = accuracies(wrapper(lenet), {"PGD": BLOW} | right | {"transfer": Transfer(lenet, BLOW)}, data)
    assert found.pop("clean") > 0.9
    assert found.pop("PGD") >= fooled
    assert found.pop("transfer") <= 0.4
    assert found and max(found.values()) <= 0.25


def test_what_hides_the_gradient_hides_all_of_it(lenet, data):
    shares = {w: zero_gradient_share(w(lenet), *data) for w in (stop_gradient, quantised_input, saturated_softmax)}
    assert all(share > 0.9 for share in shares.values()), shares
    assert zero_gradient_share(lenet, *data) < 0.5


def test_no_wrapper_touches_the_network(lenet, data):
    before = lenet(data[0])
    for wrapper in (saturated_softmax, stop_gradient, random_noise, quantised_input, k_winners_take_all):
        wrapper(lenet)(data[0])
        assert torch.equal(lenet(data[0]), before)
    assert torch.equal(saturated_softmax(lenet)(data[0]), 1e4 * before)
    assert torch.equal(stop_gradient(lenet)(data[0]), before)


def test_layers_by_hand():
    x = torch.tensor([0.0, 0.24, 0.26, 0.49, 0.51, 1.0]).reshape(1, 1, 1, 6)
    assert Quantise(3)(x).flatten().tolist() == [0, 0, 0.5, 0.5, 0.5, 1]
    z = torch.tensor([[3.0, -1.0, 2.0, 1.0], [-4.0, -3.0, -2.0, -1.0]])
    assert KWinners(0.5)(z).tolist() == [[3, 0, 2, 0], [0, 0, -2, -1]]
    assert KWinners(0.01)(z).tolist() == [[3, 0, 0, 0], [0, 0, 0, -1]]
    assert KWinners(1.0)(z).tolist() == z.tolist()
    assert Scale(10.0)(z).tolist() == (10 * z).tolist()


def test_steep_noise_is_noise_of_variance_half_a_squared_whose_slope_has_mean_one():
    torch.manual_seed(0)
    x = torch.full((1, 1, 200, 200), 0.3, requires_grad=True)
    out = SteepNoise(0.1, 50.0)(x)
    (g,) = torch.autograd.grad(out.sum(), x)
    added = (out - x).detach()
    assert added.abs().max() <= 0.1 + 1e-6 and abs(added.mean()) < 0.002
    assert added.var().item() == pytest.approx(0.005, rel=0.03)
    assert g.mean().item() == pytest.approx(1, abs=0.08)
    assert g.var().item() == pytest.approx(12.5, rel=0.03)  # (0.1 * 50)^2 / 2
    assert declared_randomness(SteepNoiseIn(), x.detach()).said


class SteepNoiseIn(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.noise = SteepNoise(0.1, 50.0)

    def forward(self, x):
        return self.noise(x).flatten(1)[:, :2]


def test_a_detector_that_refuses_all_catches_every_attack_and_is_convicted_by_clean_images(lenet, data):
    x, y = data
    x_adv = BLOW(lenet, x, y)
    detector = RejectsEverything()
    guarded = Guarded(lenet, detector, RejectsEverything.threshold)
    assert guarded.verdicts(x_adv, y) == {"right": 0, "not sure": 50, "fooled": 0}
    assert guarded.verdicts(x, y) == {"right": 0, "not sure": 50, "fooled": 0}
    found = Detection(detector.score(x), detector.score(x_adv))
    assert found.auc == 0.5 and found.caught(0.05)[0] == 0
    inside = x.clone().requires_grad_(True)
    (g,) = torch.autograd.grad(detector.score(inside).sum(), inside)
    assert torch.equal(g, torch.zeros_like(x))


def test_no_tool_finds_anything_in_an_honest_network(data):
    """Trained by PGD: what EOT and BPDA leave of it is what PGD leaves."""
    honest = load_model("rr-lenet-softmax-pgd")
    still = PGD(0.2, steps=20, random_start=False)
    attacks = {"PGD": still, "EOT": EOT(still, 2), "BPDA": BPDA(still, nn.ReLU, nn.functional.relu)}
    found = accuracies(honest, attacks, data)
    assert found["PGD"] > 0.5 and found["EOT"] == found["BPDA"] == found["PGD"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Scale(0.0), "scale that keeps the class"),
        (lambda: Quantise(1), "2 levels at least"),
        (lambda: SteepNoise(0.1, 0.0), "must be > 0"),
        (lambda: KWinners(0.0), r"in \(0, 1\]"),
        (lambda: KWinners(1.5), r"in \(0, 1\]"),
        (lambda: k_winners_take_all(type(resnet(8))(nn.Flatten(), nn.Linear(4, 2))), "the body has none"),
    ],
)
def test_settings_that_make_no_fraud(make, message):
    with pytest.raises(ValueError, match=message):
        make()
