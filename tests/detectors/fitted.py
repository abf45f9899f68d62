"""A small network with dropout and batch norm, images it labels, and a detector of each kind fitted on them."""

import torch
from attacks.targets import batch, network

from robustlib.detectors import BayesianDensity, Confidence, KernelDensity, NonMaximalEntropy


def images(n=120, seed=1, shape=(2, 5, 4)):
    """The network, random images, and the labels it gives them."""
    model = network(shape)
    return model, *batch(model, n, shape, seed)


def kernels(gamma=1.0, per_class=20, n=120):
    model, x, y = images(n)
    return KernelDensity.fit(model, (x, y), gamma, per_class)


def bayesian(passes=4):
    """Half of its adversarial images are far outside of what the network knows, so that there is something to learn."""
    density = kernels()
    x = images(60, seed=3)[1]
    torch.manual_seed(0)
    x_adv = torch.cat([(x[:20] * 3 - 1).clamp(0, 1), x[20:30]])
    noisy = (x[30:] + 0.05 * torch.randn_like(x[30:])).clamp(0, 1)
    return BayesianDensity.fit(density.model, density, x, noisy, x_adv, passes)


DETECTORS = {
    "confidence": lambda: Confidence(network()),
    "non-ME": lambda: NonMaximalEntropy(network()),
    "kernel density": kernels,
    "Bayesian": bayesian,
}
