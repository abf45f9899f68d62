"""Defense-GAN: an image is replaced by the nearest one that a generator makes, and only then classified."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from robustlib.interfaces import Images, PerExample
from robustlib.models.classifier import Classifier
from robustlib.models.distance_network import Frozen
from robustlib.models.gan import Generator, Latents
from robustlib.precision import Precision, resolve


@dataclass(frozen=True)
class Search:
    r"""How the latent of an image is looked for: gradient descent with momentum, from several random starts.

    .. math:: v_{t+1} = \mu v_t - \eta_t \nabla_z \frac1d \|G(z_t) - x\|_2^2, \quad z_{t+1} = z_t + v_{t+1}, \quad
              \eta_t = \eta\, 0.1^{t / (0.8 L)}, \qquad t = 0 .. L - 1

    All images and restarts are descended as one batch, and of each image the restart of least error, in float32, is
    kept. L and R are the defence's two numbers: passes through the generator for an image are L R.

    Source: Samangouei et al. 2018, section 3 (L steps, R restarts); rate, its decay and momentum of the released code.
    Raises: ValueError unless steps and restarts >= 1, rate > 0 and momentum in [0, 1).
    """

    steps: int = 200  # L
    restarts: int = 10  # R
    rate: float = 10.0  # eta
    momentum: float = 0.7  # mu
    precision: Precision = None  # of the descent; "fast": bfloat16 by autocast where the device multiplies it

    def __post_init__(self) -> None:
        if self.steps < 1 or self.restarts < 1 or not self.rate > 0 or not 0 <= self.momentum < 1:
            raise ValueError(f"a search needs steps and restarts >= 1, a rate > 0 and a momentum in [0, 1), got {self}")

    def __call__(
        self, generator: nn.Module, x: Images, start: Latents | None = None, steps: int | None = None
    ) -> tuple[Latents, PerExample]:
        """The latents z* of the images, and the mean squared error of each G(z*). The weights get no gradient.

        With a `start` (n, z) it goes on from there, once for each image, for so many `steps`, at the rate where the
        whole search ends: a warm start. The draws of a cold one come from torch's global CPU generator.
        """
        if start is not None and start.shape != (len(x), generator.latent):
            wanted = (len(x), generator.latent)
            raise ValueError(
                f"a start is one latent of this generator for each image, {wanted}, got {tuple(start.shape)}"
            )
        cold, latent = start is None, generator.latent
        draws = torch.randn(len(x), self.restarts, latent).to(x) if cold else start[:, None].to(x)  # type: ignore[call-overload, index]
        n, restarts, _ = draws.shape
        z, target = draws.flatten(0, 1).detach(), x.detach().repeat_interleave(restarts, 0)
        length = self.steps if steps is None else steps
        velocity, halved = torch.zeros_like(z), resolve(self.precision, x.device) is torch.bfloat16
        for t in range(length if n else 0):
            at = t if cold else self.steps
            with torch.enable_grad(), torch.autocast(x.device.type, torch.bfloat16, halved):
                z.requires_grad_(True)
                (g,) = torch.autograd.grad(_error(generator, z, target).sum(), z)
            velocity = self.momentum * velocity - self.rate * 0.1 ** (at / (0.8 * self.steps)) * g
            z = z.detach() + velocity
        with torch.no_grad(), torch.autocast(x.device.type, enabled=False):
            error = _error(generator, z, target).unflatten(0, (n, restarts))
        least = error.argmin(1, keepdim=True)
        return z.unflatten(0, (n, restarts)).take_along_dim(least[:, :, None], 1)[:, 0], error.gather(1, least)[:, 0]


class Projection(nn.Module):
    r"""Images replaced by :math:`G(z^*), z^* = \arg\min_z \|G(z) - x\|_2^2`, as a `Search` finds it.

    The search is not differentiated: the gradient with respect to x exists and is exactly zero, so that attacks stand
    still, whatever the classifier behind is worth. Its starts are random, from torch's global CPU generator.
    Shapes: (n, c, h, w) -> the same.

    The generator's weights are frozen: they take no gradient any more. Source: Samangouei et al. 2018, section 3.
    Raises: when called, ValueError for images of another shape than the generator's.
    """

    draws_random_numbers = True

    def __init__(self, generator: Generator, search: Search = Search()) -> None:
        super().__init__()
        self.generator, self.search = Frozen(generator), search
        self._warm: int | None = None
        self._latents: Latents | None = None

    def extra_repr(self) -> str:
        """What it prints between its brackets."""
        return str(self.search)

    def forward(self, x: Images) -> Images:
        with torch.no_grad(), torch.autocast(x.device.type, enabled=False):
            nearest = self.generator(self.latents(x))
        return nearest + 0 * x

    def latents(self, x: Images) -> Latents:
        """z* of each image."""
        generator = self.generator.module
        if x.shape[1:] != generator.shape:
            raise ValueError(f"the generator makes images {generator.shape}, got images {tuple(x.shape[1:])}")
        if self._warm is None:
            return self.search(generator, x)[0]
        before = self._latents if self._latents is not None and len(self._latents) == len(x) else None
        self._latents = self.search(generator, x, before, None if before is None else self._warm)[0]
        return self._latents

    @contextmanager
    def warm(self, steps: int = 20) -> Iterator[None]:
        """Inside, a call with as many images as the one before goes on from its latents, for so many steps.

        For an attack, which moves the same images a little at a time. Raises: ValueError unless steps >= 1.
        """
        if steps < 1:
            raise ValueError(f"a warm start needs steps >= 1, got {steps}")
        try:
            self._warm, self._latents = steps, None
            yield
        finally:
            self._warm = self._latents = None


def _error(generator: nn.Module, z: Tensor, target: Images) -> PerExample:
    return (generator(z) - target).square().flatten(1).mean(1)


def defense_gan(model: Classifier, generator: Generator, search: Search = Search()) -> Classifier:
    """The same classifier, weights shared, behind a `Projection`, which is body [0]. It needs no training."""
    return Classifier(nn.Sequential(Projection(generator, search), model.body), model.head)
