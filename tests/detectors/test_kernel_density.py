"""Kernel density: against loops and scikit-learn, far from every centre, on a centre, and in bandwidth's choice."""

import math

import pytest
import torch
from attacks.targets import batch, network
from detectors.fitted import images, kernels
from sklearn.neighbors import KernelDensity as Reference
from torch import nn

from robustlib.datasets import load
from robustlib.detectors import KernelDensity, choose_gamma
from robustlib.detectors.features import features
from robustlib.gradient import input_gradient
from robustlib.models import Classifier, lenet1


def plain(width, classes, dtype=torch.float32):
    """A model whose features are the pixels."""
    torch.manual_seed(3)
    return Classifier(nn.Flatten(), nn.Linear(width, classes)).to(dtype).eval()


class Scaled(nn.Module):
    """Features that are far apart for images that lie in the box."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        return self.factor * x


def reference(centres, z, gamma):
    """scikit-learn's normalised log-density, from one leaf: its trees subtract bounds and lose narrow kernels."""
    exact = Reference(bandwidth=math.sqrt(1 / (2 * gamma)), leaf_size=len(centres) + 1)
    return torch.from_numpy(exact.fit(centres.numpy()).score_samples(z.numpy()))


def volume(width, gamma):
    return width / 2 * math.log(math.pi / gamma)


def test_score_by_loop_of_the_predicted_class():
    model, x, y = images()
    detector = KernelDensity.fit(model, (x, (y + 1) % 4), 0.7, per_class=9)  # so that true is never predicted
    query = batch(model, 15, seed=8)[0]
    z, label = model.features(query).double(), model(query).argmax(1)
    expected = []
    for row, j in zip(z, label, strict=True):
        near = [
            math.exp(-0.7 * (row - c.double()).square().sum().item()) for c in detector.centres[detector.label == j]
        ]
        expected.append(math.log(sum(near) / len(near)))
    torch.testing.assert_close(detector.score(query), torch.tensor(expected), rtol=1e-5, atol=1e-5)
    assert len(label.unique()) > 2 and (detector.score(query) < 0).all()


@pytest.mark.parametrize("gamma", [0.26, 2.6, 7.4, 50.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])
def test_scikit_learn_agrees(gamma, dtype):
    torch.manual_seed(0)
    centres, z = torch.randn(300, 64, dtype=dtype) / 3 + 5, torch.randn(40, 64, dtype=dtype) / 3 + 5
    label, y = torch.arange(300) % 3, torch.arange(40) % 3
    found = KernelDensity(plain(64, 3, dtype), centres, label, gamma, "").log_density(z, y)
    assert found.dtype == dtype
    for j in range(3):
        expected = reference(centres[label == j], z[y == j], gamma) + volume(64, gamma)
        torch.testing.assert_close(found[y == j].double(), expected, rtol=1e-5, atol=1e-5)


def test_points_are_random_of_each_true_class_and_fewer_where_there_are_fewer():
    model, x, _ = images()
    y = torch.arange(len(x)) % 4
    y[y == 3] = torch.where(torch.arange(len(x))[y == 3] < 12, 3, 0)  # three images of class 3
    first, again, other = (KernelDensity.fit(model, (x, y), 1.0, 10, seed) for seed in (0, 0, 1))
    assert first.label.bincount().tolist() == [10, 10, 10, 3]
    assert torch.equal(first.centres, again.centres) and not torch.equal(first.centres, other.centres)
    with torch.no_grad():
        z = model.features(x)
    distance, row = (first.centres[:, None] - z).norm(dim=2).min(1)
    assert distance.max() < 1e-5 and len(row.unique()) == 33 and torch.equal(y[row], first.label)
    assert not torch.equal(row[:10], (y == 0).nonzero().squeeze(1)[:10])
    state = torch.random.get_rng_state()
    KernelDensity.fit(model, (x, y), 1.0)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_a_split_is_read_as_its_images():
    split, model = load("mnist_5k").validation.per_class(12), lenet1().train()
    of_split, of_pair = (KernelDensity.fit(model, data, 1.0, 7, batch=16) for data in (split, split[:]))
    assert torch.equal(of_split.centres, of_pair.centres) and of_split.centres.shape[0] == 70
    choice = choose_gamma(of_split, split, [0.1, 1.0])
    assert choice == choose_gamma(of_pair, split[:], [0.1, 1.0]) and model.training


def test_far_from_every_centre_the_score_is_finite_and_leads_back():
    model = plain(12, 2)
    model.body = nn.Sequential(nn.Flatten(), Scaled(1e6))
    detector = KernelDensity(model, torch.zeros(4, 12), torch.tensor([0, 0, 1, 1]), 2.6, "")
    x = torch.zeros(2, 1, 3, 4)
    x[:, 0, 0, 0] = torch.tensor([1e-3, 1.0])  # features of 1000 and a million
    assert (-2.6 * model.features(x).square().sum(1)).exp().eq(0).all()
    score, g = input_gradient(lambda v: (detector.score(v),) * 2, x)
    torch.testing.assert_close(score, torch.tensor([-2.6e6, -2.6e12]), rtol=1e-6, atol=0)
    expected = torch.zeros_like(x).index_put_(
        tuple(torch.tensor([[0, 1], [0, 0], [0, 0], [0, 0]])), -5.2e12 * x[:, 0, 0, 0]
    )
    torch.testing.assert_close(g, expected)


def test_the_gradient_is_right_and_finite_on_a_centre():
    model = network().double()
    x, y = (part[:40] for part in images()[1:])
    detector = KernelDensity.fit(model, (x, y), 0.8, 20)
    query = batch(network(), 2, seed=6)[0].double().requires_grad_(True)
    assert detector.score(query).dtype == torch.float64
    assert torch.autograd.gradcheck(detector.score, query, eps=1e-6, atol=1e-6)
    z = detector.centres.clone().requires_grad_(True)
    assert torch.autograd.gradcheck(lambda v: detector.log_density(v, detector.label[:5]), z[:5])
    one = KernelDensity(plain(3, 2), torch.randn(1, 3), torch.tensor([1]), 1.0, "")
    z = one.centres.clone().requires_grad_(True)
    (g,) = torch.autograd.grad(one.log_density(z, torch.tensor([1])).sum(), z)
    assert g.abs().max() < 1e-6


def test_another_gamma_shares_the_centres():
    detector = kernels(1.0)
    other = detector.at(3.0)
    x = batch(detector.model, 5, seed=9)[0]
    assert other.centres.data_ptr() == detector.centres.data_ptr() and (other.gamma, detector.gamma) == (3.0, 1.0)
    assert torch.equal(other.score(x), kernels(3.0).score(x)) and not torch.equal(other.score(x), detector.score(x))


def test_it_reads_in_eval_mode_and_float32_and_leaves_the_model_alone():
    detector = kernels()
    model, x = detector.model, batch(detector.model, 6, seed=9)[0]
    model.head = nn.Sequential(model.head, nn.BatchNorm1d(4, affine=False)).eval()
    train = images()[1:]
    detector = KernelDensity.fit(model, train, 1.0, 20)
    quiet = detector.score(x)
    model.train()
    model.body[1].eval()
    state = {k: v.clone() for k, v in model.state_dict().items()}
    modes = [m.training for m in model.modules()]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(detector.score(x), quiet)
        refitted = KernelDensity.fit(model, train, 1.0, 20)
    torch.testing.assert_close(refitted.centres, detector.centres, rtol=0, atol=0)
    assert [m.training for m in model.modules()] == modes and not refitted.centres.requires_grad
    assert all(torch.equal(v, state[k]) for k, v in model.state_dict().items())


def test_neighbours_change_nothing():
    detector = kernels()
    x = batch(detector.model, 9, seed=9)[0]
    alone = torch.cat([detector.score(x[i : i + 1]) for i in range(9)])
    torch.testing.assert_close(alone, detector.score(x), rtol=1e-5, atol=1e-5)
    assert detector.score(x[:0]).shape == (0,)


def test_gamma_is_the_likeliest_for_held_out_images():
    torch.manual_seed(0)
    y = torch.arange(600) % 2
    x = (torch.randn(600, 1, 1, 3) * 0.1 + 0.4 + 0.2 * y[:, None, None, None]).clamp(0, 1)
    detector = KernelDensity.fit(plain(3, 2), (x[:400], y[:400]), 1.0)
    gammas = [0.25, 7.5, 75.0, 250.0, 7500.0, 7.5e5]
    choice = choose_gamma(detector, (x[400:], y[400:]), gammas)
    held, label = x[400:].flatten(1), y[400:]
    for gamma, found in zip(gammas, choice.log_likelihoods, strict=True):
        each = [reference(detector.centres[detector.label == j], held[label == j], gamma) for j in range(2)]
        assert found == pytest.approx(torch.cat(each).mean().item(), abs=1e-4, rel=1e-5)
    assert choice.gamma == gammas[choice.log_likelihoods.index(max(choice.log_likelihoods))] and choice.gamma in (
        75,
        250,
    )
    same = choose_gamma(detector, (x[:400], y[:400]), gammas)
    assert same.gamma == 7.5e5, "on its own points the narrowest kernel wins, as the docstring warns"
    z = features(detector.model, (x, y), torch.arange(5))
    assert torch.equal(z, x[:5].flatten(1))
