"""Feinman's detector: what dropout changes and how far the features are, weighed by a logistic regression."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.modules.dropout import _DropoutNd

from robustlib.detectors.fingerprint import fingerprint
from robustlib.detectors.kernel_density import KernelDensity
from robustlib.door import check_images, check_logits, check_model
from robustlib.geometry import float64
from robustlib.gradient import evaluating, search_logits
from robustlib.interfaces import Detector, Images, PerExample


def dropout_uncertainty(model: nn.Module, x: Images, passes: int = 50) -> PerExample:
    r"""How much the probabilities vary when only the dropout layers are at work: their variance, summed over classes.

    .. math:: U(x) = \frac 1 T \sum_{t=1}^T p_t^T p_t - \bar p^T \bar p, \quad \bar p = \frac 1 T \sum_{t=1}^T p_t

    computed as the mean of :math:`\|p_t - \bar p\|^2`, which rounding cannot make negative. Everything else is in eval
    mode, and modes and statistics are left as they were. The masks depend on torch's CPU generator, on every device.
    Source: Feinman et al. 2017, section 3.2. Shapes: (n, c, h, w) -> (n,). Range: [0, 1].
    Raises: ValueError for a model without a dropout layer that drops anything, and unless passes >= 1.
    """
    check_images(x)
    check_model(model, x)
    if passes < 1:
        raise ValueError(f"the uncertainty needs passes >= 1, got {passes}")
    layers = [module for module in model.modules() if isinstance(module, _DropoutNd) and module.p > 0]
    if not layers:
        raise ValueError(
            "the model has no nn.Dropout layer with p > 0; train one with dropout, e.g. vgg16(dropout=0.5)"
        )
    with evaluating(model), _dropping(layers, x.device):
        logits = torch.stack([search_logits(model, x) for _ in range(passes)])
    check_logits(logits[0])
    p = logits.softmax(2)
    return (p - p.mean(0)).square().sum(2).mean(0)


@contextmanager
def _dropping(layers: Sequence[nn.Module], device: torch.device) -> Iterator[None]:
    """These layers in train mode, then in eval mode, with masks that follow from one number of the CPU generator."""
    seed = int(torch.randint(2**62, ()))
    try:
        for layer in layers:
            layer.training = True
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            torch.manual_seed(seed)
            yield
    finally:
        for layer in layers:
            layer.training = False


class BayesianDensity(nn.Module):
    r"""Minus the logit of being adversarial, from the dropout uncertainty and the log-density.

    .. math:: s(x) = -w^T \frac{(U(x), \log KD(x)) - \mu}{\sigma} - b

    Random, as dropout is: two calls differ unless the generator is seeded anew. It has seen adversarial images, of one
    attack, while the other detectors have seen none.
    Source: Feinman et al. 2017, section 4. Made by `fit`; w, b, mu and sigma are buffers.
    """

    mean: Tensor
    std: Tensor
    weight: Tensor
    bias: Tensor

    def __init__(
        self,
        model: nn.Module,
        density: Detector,
        mean: Float[Tensor, "2"],
        std: Float[Tensor, "2"],
        weight: Float[Tensor, "2"],
        bias: Float[Tensor, ""],
        passes: int = 50,
    ) -> None:
        super().__init__()
        self.model, self.density, self.passes = model, density, passes
        for name, value in {"mean": mean, "std": std, "weight": weight, "bias": bias}.items():
            self.register_buffer(name, value)

    @classmethod
    def fit(
        cls,
        model: nn.Module,
        density: Detector,
        x_normal: Images,
        x_noisy: Float[Tensor, "m c h w"],
        x_adv: Float[Tensor, "a c h w"],
        passes: int = 50,
        batch: int = 500,
    ) -> "BayesianDensity":
        """Normal and noisy images against adversarial ones, by scikit-learn's LogisticRegression on z-scores.

        The z-scores are taken over all three. `density` is a fitted detector of the same model, usually KernelDensity.
        Raises: ValueError if a set is empty, the density was fitted on another model, or a measure is not finite or
        the same for all images; as `dropout_uncertainty` does.
        """
        from sklearn.linear_model import LogisticRegression

        sizes = [len(x) for x in (x_normal, x_noisy, x_adv)]
        if not all(sizes):
            raise ValueError(f"fitting needs normal, noisy and adversarial images, got {sizes}")
        if isinstance(density, KernelDensity) and fingerprint(model) != density.origin:
            raise ValueError("the density was fitted on another model; fit KernelDensity on this one first")
        parts = [part for x in (x_normal, x_noisy, x_adv) for part in x.split(batch)]
        with torch.no_grad():
            both = float64(torch.cat([measures(model, density, part, passes) for part in parts]))
        mean, std = both.mean(0), both.std(0, correction=0)
        if not both.isfinite().all() or (std == 0).any():
            raise ValueError(f"a measure is not finite, or the same for all images: mean {mean}, deviation {std}")
        adversarial = np.repeat([0, 0, 1], sizes)
        found = LogisticRegression().fit(((both - mean) / std).cpu().numpy(), adversarial)
        weight, bias = torch.from_numpy(found.coef_[0]).to(x_normal), torch.tensor(found.intercept_[0]).to(x_normal)
        return cls(model, density, mean.to(x_normal), std.to(x_normal), weight, bias, passes)

    def score(self, x: Images) -> PerExample:
        """The log-odds of being normal, dropout apart in eval mode. Shapes: (n, c, h, w) -> (n,)."""
        z = (measures(self.model, self.density, x, self.passes) - self.mean) / self.std
        return -(z * self.weight).sum(1) - self.bias


def measures(model: nn.Module, density: Detector, x: Images, passes: int = 50) -> Float[Tensor, "n 2"]:
    """The two columns that the regression weighs: dropout uncertainty and log-density."""
    return torch.stack([dropout_uncertainty(model, x, passes), density.score(x)], 1)
