"""Health checks of an evaluation: signs that an attack failed for a reason other than robustness."""

from torch import Tensor, nn

from robustlib.door import check_inputs, check_logits
from robustlib.gradient import evaluating, input_gradient, search_logits
from robustlib.interfaces import Images, Labels, Loss
from robustlib.losses import cross_entropy


def zero_gradient_share(model: nn.Module, x: Images, y: Labels, loss: Loss = cross_entropy) -> float:
    r"""The share of images at which the attack's gradient is exactly zero in every pixel.

    .. math:: \frac1n \left|\{i : \nabla_x L(x_i, y_i) = 0\}\right|

    Gradient attacks cannot move such an image, however fragile the model is there. Anything above 0 asks for a reason.
    Source: Athalye et al. 2018, section 3.1 (shattered and vanishing gradients); Carlini et al. 2019, section 4.
    Raises: ValueError for bad images or labels, anything but logits, and gradients that are not finite.
    """

    def scores(moved: Images) -> tuple[Tensor, Tensor]:
        logits = search_logits(model, moved)
        check_logits(logits, y)
        return logits, loss(logits, y)

    check_inputs(model, x, y)
    if len(x) == 0:
        raise ValueError("a share of images needs at least one image")
    with evaluating(model):
        _, g = input_gradient(scores, x)
    return (g.flatten(1).abs().amax(1) == 0).float().mean().item()
