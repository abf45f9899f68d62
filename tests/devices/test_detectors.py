"""Detectors on a device that is not the CPU, and on one that knows no float64."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from attacks.targets import batch, network
from devices.both import Place, agree
from experiments.toy_runs import digits
from torch import Tensor

from robustlib.detectors import (
    NOT_SURE,
    BayesianDensity,
    Confidence,
    Guarded,
    KernelDensity,
    NonMaximalEntropy,
    choose_gamma,
    dropout_uncertainty,
    fingerprint,
    non_maximal_entropy,
)
from robustlib.models import lenet5


def fitted(place: Place, gamma: float = 0.7) -> tuple[KernelDensity, Tensor, Tensor]:
    """A density fitted where it is placed, and images with their true labels."""
    model = network()
    x, y = batch(model, 120)
    model, x, y = place(model), place(x), place(y)
    return KernelDensity.fit(model, (x, y), gamma, per_class=15), x, y


def scored(detector: Any, x: Tensor) -> tuple[Tensor, Tensor]:
    """The scores, and their gradient."""
    x = x.detach().clone().requires_grad_(True)
    score = detector.score(x)
    return score.detach(), torch.autograd.grad(score.sum(), x)[0]


def bayesian(place: Place) -> BayesianDensity:
    density, x, _ = fitted(place)
    noise = place(torch.randn(20, *x.shape[1:], generator=torch.Generator().manual_seed(0)))
    x_adv = torch.cat([(x[:20] * 3 - 1).clamp(0, 1), x[20:30]])
    return BayesianDensity.fit(density.model, density, x[30:60], (x[60:80] + 0.05 * noise).clamp(0, 1), x_adv, passes=3)


def kernel_density(place: Place) -> Any:
    density, x, _ = fitted(place)
    return scored(density, x[:9]), scored(density.at(5.0), x[:9]), dict(density.named_buffers())


def trained_on_a_split(place: Place) -> Any:
    torch.manual_seed(0)
    model, train = place(lenet5().eval()), place(digits(400).train)
    return scored(KernelDensity.fit(model, train, 0.3, per_class=9), train[:5][0])


def gamma(place: Place) -> Any:
    density, x, y = fitted(place)
    found = choose_gamma(density, (x[:30], y[:30]), (0.1, 1.0, 10.0))
    return found.gamma, found.candidates, torch.tensor(found.log_likelihoods, device=x.device), density.centres


def guarded(place: Place) -> Any:
    density, x, y = fitted(place)
    says = Guarded(density.model, density, density.score(x).median().item()).predict(x)
    assert 20 < (says == NOT_SURE).sum() < 100
    return says, Guarded(density.model, Confidence(density.model), -0.5).verdicts(x, y)


CASES: dict[str, Callable[[Place], Any]] = {
    "Confidence": lambda place: scored(Confidence(place(network())), fitted(place)[1]),
    "NonMaximalEntropy": lambda place: scored(NonMaximalEntropy(place(network())), fitted(place)[1]),
    "non_maximal_entropy": lambda place: non_maximal_entropy(place(torch.arange(12.0).view(3, 4).sin())),
    "KernelDensity": kernel_density,
    "KernelDensity of a split": trained_on_a_split,
    "choose_gamma": gamma,
    "Guarded": guarded,
    "fingerprint": lambda place: (fingerprint(place(network())), fitted(place)[2]),
}


@pytest.mark.parametrize("name", CASES)
def test_detectors(name: str, any_device: torch.device) -> None:
    agree(CASES[name], any_device)


def test_the_bayesian_detector_is_fitted_and_scores(any_device: torch.device) -> None:
    """Its dropout masks come from the device's generator: not the CPU's numbers, but the same ones each time."""
    device, found = any_device, []
    for _ in range(2):
        torch.manual_seed(0)
        detector = bayesian(lambda value: value.to(device))
        x = fitted(lambda value: value.to(device))[1]
        scores, g = scored(detector, x[:12])
        assert {t.device.type for t in (*detector.buffers(), scores, g)} == {device.type}
        assert {t.dtype for t in (detector.weight, detector.mean, scores)} == {torch.float32}
        assert scores.isfinite().all() and g.abs().max() > 0
        found.append(scores.cpu())
    assert torch.equal(*found)


def test_dropout_follows_the_cpus_seed_and_leaves_both_generators(device: torch.device) -> None:
    model, x = network().to(device), torch.rand(5, 2, 5, 4).to(device)
    torch.manual_seed(1)
    torch.rand(3, device=device)  # the device's generator stands elsewhere
    torch.manual_seed(1)
    there = torch.cuda.get_rng_state(device)
    first = dropout_uncertainty(model, x, 3)
    assert torch.equal(torch.cuda.get_rng_state(device), there)
    torch.manual_seed(1)
    torch.rand(9, device=device)
    assert torch.equal(dropout_uncertainty(model, x, 3), first) and (first > 0).all()


def test_a_density_moves_and_is_saved_and_loaded(any_device: torch.device, tmp_path: Path) -> None:
    device = any_device
    density, x, _ = fitted(lambda value: value.to(device))
    density.save(tmp_path / "density")
    again = KernelDensity.load(tmp_path / "density", density.model)
    assert again.centres.device.type == again.label.device.type == device.type
    torch.testing.assert_close(again.score(x), density.score(x))
    near = KernelDensity.load(tmp_path / "density", network())  # on the CPU
    torch.testing.assert_close(near.score(x.cpu()), density.score(x).cpu(), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(density.cpu().score(x.cpu()), near.score(x.cpu()), rtol=1e-4, atol=1e-4)
