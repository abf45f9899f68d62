"""A classifier is a body, which makes features, and a head, which makes logits of them: nothing else."""

import torch
from torch import Tensor, nn

from robustlib.interfaces import Features, Images, Logits


class Classifier(nn.Module):
    r"""Logits :math:`f(x) = \mathrm{head}(\mathrm{body}(x))`.

    The body begins with `Normalize`, so images are in [0, 1] at every interface, and an attack's eps is in pixel units.
    A new head on the same body is a new classifier, and an ordinary white-box target.
    """

    def __init__(self, body: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.body = body
        self.head = head

    def features(self, x: Images) -> Features:
        """The penultimate layer, z, of shape (n, d)."""
        return self.body(x)

    def forward(self, x: Images) -> Logits:
        return self.head(self.body(x))


def is_plain(model: nn.Module) -> bool:
    """Whether the model is a `Classifier` whose forward is the class's own, head(body(x)): no subclass's, no other."""
    own = isinstance(model, Classifier) and type(model).forward is Classifier.forward
    return own and "forward" not in vars(model) and type(model).__call__ is nn.Module.__call__


def body_and_head(model: nn.Module) -> tuple[nn.Module, nn.Module] | None:
    """The two parts, where calling one after the other is what calling the model does; None where it may not be.

    Only `Classifier`'s own forward is known to be head(body(x)): a subclass with a forward of its own, a model with
    hooks on it, and any other module that happens to have attributes of these names are called whole.
    """
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    if not isinstance(model, Classifier) or not is_plain(model) or any(vars(model).get(name) for name in hooks):
        return None
    return model.body, model.head


class Normalize(nn.Module):
    r"""Channel-wise :math:`(x - \mu) / \sigma` with buffers, so that they move, and are saved, with the model.

    Raises: ValueError if mean and std differ in length or a std is not positive.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        super().__init__()
        if len(mean) != len(std) or not all(s > 0 for s in std):
            raise ValueError(f"Normalize needs as many positive stds as means, got mean={mean}, std={std}")
        self.register_buffer("mean", torch.tensor(mean).reshape(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(std).reshape(1, -1, 1, 1))

    def forward(self, x: Images) -> Images:
        return (x - self.mean) / self.std


class Negate(nn.Module):
    """Reverse the logits, as reverse cross-entropy's classifier does (Pang et al. 2018, section 3.2)."""

    def forward(self, logits: Logits) -> Logits:
        return -logits


class StopGradient(nn.Module):
    """Pass values on, and no gradient: tf.stop_gradient as a layer.

    In front of a head it keeps the head's loss out of the body. Left in at attack time it makes every input gradient
    zero: the chapter on robust representations shows what that does to an evaluation.
    """

    def forward(self, z: Tensor) -> Tensor:
        return z.detach() + 0 * z  # the zero keeps a graph: the gradient exists and is exactly zero
