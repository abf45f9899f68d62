"""Hostile input to the kernel density: refused with words that say what was found."""

import pytest
import torch
from attacks.targets import batch, network
from detectors.fitted import images, kernels
from torch import nn

from robustlib.detectors import KernelDensity, choose_gamma
from robustlib.models import Classifier

pytestmark = pytest.mark.bad_input
NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize("gamma", [0.0, -1.0, NAN, INF])
def test_gamma(gamma):
    model, x, y = images()
    for make in (lambda: KernelDensity.fit(model, (x, y), gamma), lambda: kernels().at(gamma)):
        with pytest.raises(ValueError, match=r"gamma = 1 / sigma\^2 must be > 0 and finite, got"):
            make()
    with pytest.raises(ValueError, match="gamma"):
        choose_gamma(kernels(), (x, y), [1.0, gamma])


def test_a_class_without_points():
    model, x, y = images()
    with pytest.raises(ValueError, match="class 2 has no training point"):
        KernelDensity.fit(model, (x[y != 2], y[y != 2]), 1.0)
    whole = kernels()
    rest = whole.label != 2
    part = KernelDensity(model, whole.centres[rest], whole.label[rest], 1.0, "")
    assert part.score(x[y != 2]).isfinite().all()
    with pytest.raises(ValueError, match="class 2 was predicted but has no fitted point"):
        part.score(x[y == 2])
    last = KernelDensity(model, whole.centres[whole.label < 3], whole.label[whole.label < 3], 1.0, "")
    with pytest.raises(ValueError, match="class 3 was predicted"):
        last.score(x[y == 3])


def test_labels_that_the_model_does_not_know():
    model, x, y = images()
    for wrong in (y + 1, y - 1):
        with pytest.raises(ValueError, match=r"labels must lie in 0 \.\. 3, got"):
            KernelDensity.fit(model, (x, wrong), 1.0)


def test_sizes():
    model, x, y = images()
    for per_class in (0, -3):
        with pytest.raises(ValueError, match=f"per_class >= 1 of at least one point, got {per_class} of 120"):
            KernelDensity.fit(model, (x, y), 1.0, per_class)
    with pytest.raises(ValueError, match="at least one point, got 1000 of 0"):
        KernelDensity.fit(model, (x[:0], y[:0]), 1.0)
    with pytest.raises(ValueError, match="has no training point"):
        KernelDensity.fit(model, (x[:1], y[:1]), 1.0)  # a batch of one: the other classes are missing
    detector = kernels()
    with pytest.raises(ValueError, match="candidates and held-out images, got 0 and 120"):
        choose_gamma(detector, (x, y), [])
    with pytest.raises(ValueError, match="candidates and held-out images, got 2 and 0"):
        choose_gamma(detector, (x[:0], y[:0]), [1.0, 2.0])
    assert detector.score(x[:1]).shape == (1,) and detector.score(x[:0]).shape == (0,)


class Spoilt(nn.Module):
    """Features that are none for an image whose first pixel is white."""

    def __init__(self, value):
        super().__init__()
        self.value = value

    def forward(self, z):
        return torch.where(z[:, :1] == 1, self.value, z)


@pytest.mark.parametrize("value", [NAN, INF, -INF])
def test_features_that_are_not_finite(value):
    x, y = images()[1:]
    model = Classifier(nn.Sequential(nn.Flatten(), Spoilt(value)), nn.Linear(40, 4))
    x = 0.9 * x
    detector, spoilt = KernelDensity.fit(model, (x, y), 1.0), x.clone()
    spoilt[3, 0, 0, 0] = 1
    with pytest.raises(ValueError, match="features hold NaN or inf"):
        detector.score(spoilt)
    with pytest.raises(ValueError, match="fitted point's features are NaN or infinite"):
        KernelDensity.fit(model, (spoilt, y), 1.0)
    with pytest.raises(ValueError, match="features hold NaN or inf"):
        choose_gamma(detector, (spoilt, y), [1.0])


def test_another_models_features():
    detector = kernels()
    other = Classifier(nn.Flatten(), nn.Linear(40, 4))
    moved = KernelDensity(other, detector.centres, detector.label, 1.0, "")
    with pytest.raises(ValueError, match=r"features of shape \(5, 40\) meet centres of width 8: fitted on another"):
        moved.score(batch(other, 5)[0])
    with pytest.raises(ValueError, match=r"features of shape \(5, 2, 4\)"):
        detector.log_density(torch.zeros(5, 2, 4), torch.zeros(5, dtype=torch.long))


def test_centres_and_models_that_are_none():
    model, centres, label = network(), torch.zeros(6, 8), torch.arange(6) % 4
    for bad in ((centres, label[:5]), (centres, label.float()), (centres[0], label), (centres[:0], label[:0])):
        with pytest.raises(ValueError, match=r"centres \(m, d\) and an int64 label for each"):
            KernelDensity(model, *bad, 1.0, "")
    with pytest.raises(ValueError, match="must be >= 0, got -1"):
        KernelDensity(model, centres, label - 1, 1.0, "")
    with pytest.raises(TypeError, match=r"needs a plain Classifier\(body, head\)"):
        KernelDensity(nn.Identity(), centres, label, 1.0, "")
    with pytest.raises(TypeError, match="Classifier"):
        KernelDensity.fit(nn.Identity(), images()[1:], 1.0)
