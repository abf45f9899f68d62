"""What an attack accepts, checked at the door: a wrong input is an error, never a silent clean image."""

import torch
from torch import nn

from robustlib.gradient import evaluating
from robustlib.interfaces import Images, Labels


def check_budget(eps: float, alpha: float | None, steps: int) -> None:
    """Raises: ValueError unless eps >= 0 (finite), alpha > 0 or None, and steps >= 1."""
    if not 0 <= eps < float("inf"):
        raise ValueError(f"eps is a radius in pixel units of [0, 1] and must be >= 0 and finite, got {eps}")
    if alpha is not None and not 0 < alpha < float("inf"):
        raise ValueError(f"the step alpha must be > 0, or None for the default of the attack, got {alpha}")
    if steps < 1:
        raise ValueError(f"an attack needs steps >= 1, got {steps}")


def check_inputs(model: nn.Module, x: Images, y: Labels) -> int:
    """The number of classes of the model, after checking what it is about to be attacked with.

    Raises: ValueError if x is not float, not finite, outside [0, 1] or empty of axes; if y does not hold one integer
    class for each image, inside the model's range; if the model does not return (n, k) logits with k >= 2.
    """
    if torch.is_inference_mode_enabled():
        raise ValueError("an attack needs gradients, which torch.inference_mode forbids; use torch.no_grad instead")
    if not x.is_floating_point() or x.ndim < 2:
        raise ValueError(
            f"x must be float images in [0, 1] of shape (n, c, h, w), got {x.dtype} of shape {tuple(x.shape)}"
        )
    if y.shape != x.shape[:1] or y.dtype != torch.int64:
        raise ValueError(
            f"y must be {len(x)} integer labels (int64) of shape (n,), got {y.dtype} of shape {tuple(y.shape)}"
        )
    if len(x) == 0:
        return 0
    low, high = x.aminmax()
    if not (torch.isfinite(low) and torch.isfinite(high)):
        raise ValueError("x holds NaN or inf; attacks need finite pixels in [0, 1]")
    if low < 0 or high > 1:
        raise ValueError(f"x must lie in [0, 1], got [{low:.3g}, {high:.3g}]; put the normalisation inside the model")
    with torch.no_grad(), evaluating(model):
        out = model(x[:1])
    if not isinstance(out, torch.Tensor) or out.ndim != 2 or out.shape[0] != 1 or out.shape[1] < 2:
        shape = tuple(out.shape) if isinstance(out, torch.Tensor) else type(out).__name__
        raise ValueError(f"the model must return logits of shape (n, k) with k >= 2, got {shape} for one image")
    if not torch.isfinite(out).all():
        raise ValueError("the model's logits are NaN or inf on a clean image; its training diverged")
    if y.min() < 0 or y.max() >= out.shape[1]:
        raise ValueError(f"labels must lie in 0 .. {out.shape[1] - 1}, got {int(y.min())} .. {int(y.max())}")
    return out.shape[1]
