"""The generator and the critic of Defense-GAN, and the pair that is trained together."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from robustlib.interfaces import Images
from robustlib.models.classifier import Classifier

Latents = Float[Tensor, "n z"]


class Generator(nn.Module):
    r"""Digits from normal numbers: dense, then three transposed 5x5 convolutions, 4 x 4 -> 7 x 7 -> 14 x 14 -> 28 x 28.

    256 and 128 filters, ReLU between, sigmoid at the end: :math:`G : N(0, I_z) \to [0, 1]^{1 \times 28 \times 28}`.
    `width` is the share of every hidden layer. Shapes: (n, latent) -> (n, 1, 28, 28).

    Source: Samangouei et al. 2018, and table 15 of AT2L's supplement. Departure: the table prints a stride of 1, with
    which 4 x 4 cannot become 28 x 28; here it is 2, and 8 x 8 is cut to 7 x 7, as in the code of WGAN-GP for MNIST.
    Raises: ValueError unless latent >= 1 and width lies in (0, 1].
    """

    def __init__(self, latent: int = 128, width: float = 1.0) -> None:
        super().__init__()
        if latent < 1 or not 0 < width <= 1:
            raise ValueError(f"a generator needs latent >= 1 and a width in (0, 1], got {latent} and {width}")
        self.latent, self.filters = latent, max(1, round(256 * width))
        half = max(1, self.filters // 2)
        self.dense = nn.Linear(latent, self.filters * 16)
        self.up1 = nn.ConvTranspose2d(self.filters, self.filters, 5, 2, 2, 1)
        self.up2 = nn.ConvTranspose2d(self.filters, half, 5, 2, 2, 1)
        self.up3 = nn.ConvTranspose2d(half, 1, 5, 2, 2, 1)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, rows and columns of what it generates."""
        return 1, 28, 28

    def forward(self, z: Latents) -> Images:
        hidden = self.dense(z).relu().unflatten(1, (self.filters, 4, 4))
        hidden = self.up1(hidden)[:, :, :7, :7].relu()
        return self.up3(self.up2(hidden).relu()).sigmoid()


class WGAN(Classifier):
    r"""A generator G and a critic D, in one module so that one `fit` trains both: see `objectives.WGANGP`.

    The critic is three 5x5 convolutions of stride 2 (64, 128 and 256 filters, leaky ReLU of 0.2) and a dense layer of
    one output, a score of any size that is higher for real images. As a `Classifier` its features are the critic's, and
    the head is a placeholder that returns them. `steps` counts the critic's steps, and is saved with the weights.

    Source: as `Generator`. Departure: the table ends the critic with a sigmoid, which a Wasserstein critic has not.
    """

    steps: Tensor

    def __init__(self, latent: int = 128, width: float = 1.0) -> None:
        generator, (a, b, c) = Generator(latent, width), (max(1, round(n * width)) for n in (64, 128, 256))
        layers: list[nn.Module] = []
        for inside, outside in ((1, a), (a, b), (b, c)):
            layers += [nn.Conv2d(inside, outside, 5, 2, 2), nn.LeakyReLU(0.2)]
        super().__init__(nn.Sequential(*layers, nn.Flatten()), nn.Identity())
        self.generator, self.last = generator, nn.Linear(c * 16, 1)
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))

    def critic(self, x: Images) -> Float[Tensor, " n"]:
        """D(x), one score for each image."""
        return self.last(self.body(x)).squeeze(1)
