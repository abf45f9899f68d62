"""The norm by backward passes: all columns, random combinations of them, and the released code's sum of the softmax."""

import math

import torch
from torch import Tensor

from robustlib.geometry import draw
from robustlib.interfaces import Features, Images, Logits, PerExample
from robustlib.jacobian.directions import at_least_one, root, unit_directions


def jacobian_norm(
    z: Features,
    x: Images,
    *,
    squared: bool = False,
    create_graph: bool = False,
    signed: bool = False,
    at_once: int = 1,
) -> PerExample:
    r"""The exact norm, of all outputs: one backward for each column of z, and no further forward.

    .. math:: \|J_i\|_F = \sqrt{\sum_{k=1}^d \left\|\nabla_{x_i} z_{ik}\right\|_2^2}

    With `create_graph` it can be trained. `signed` draws a sign for each example, which changes nothing but where
    examples are coupled (above). `at_once` columns go back together, in that many times the memory: faster where a
    backward is mostly waiting (small batches on a GPU), slower on a CPU. Shapes: (n, d), (n, c, h, w) -> (n,).

    Source: Rozenberg et al. 2020 (MadNet), section 3.1, Jacobian reduction loss; no number.
    Range: [0, inf); the gradient of the norm is 0 where the norm is.
    Raises: ValueError unless at_once >= 1, and if z does not depend on x by a graph.
    """
    if at_once < 1:
        raise ValueError(f"at_once counts the columns that go back together and must be >= 1, got {at_once}")
    if signed:
        z = z * draw((len(z), 1), z, "normal").sign()
    total = x.new_zeros(len(x))
    for columns in torch.eye(z.shape[1], dtype=z.dtype, device=z.device).split(at_once):
        weights = columns[:, None].expand(len(columns), *z.shape)
        g = _pulled(z, x, weights if len(columns) > 1 else weights[0], create_graph, batched=len(columns) > 1)
        total = total + g.reshape(len(columns), len(x), math.prod(x.shape[1:])).square().sum((0, 2))
    return total if squared else root(total)


def projected_jacobian_norm(
    z: Features, x: Images, projections: int = 1, *, squared: bool = False, create_graph: bool = False
) -> PerExample:
    r"""An estimate of the norm from random combinations of the outputs, one backward each.

    .. math:: \|J_i\|_F^2 = d\; \mathbb{E}_v \left\|v^\top J_i\right\|_2^2, \qquad v \text{ uniform on the unit sphere}

    The mean over the projections is taken of the squares: `squared` is unbiased, and its root is a little low. Each
    example has its own v (one v for the whole batch, as the formula is often coded, would add up what batch-norm keeps
    constant). With `create_graph` it can be trained, by double backward. Shapes: (n, d), (n, c, h, w) -> (n,).

    Source: Hoffman et al. 2019 (Robust learning with Jacobian regularization), the random-projection estimate.
    Raises: ValueError unless projections >= 1, and if z does not depend on x by a graph.
    """
    at_least_one(projections)
    total = x.new_zeros(len(x))
    for _ in range(projections):
        total = total + _pulled(z, x, unit_directions(z), create_graph).flatten(1).square().sum(1)
    total = total * (z.shape[1] / projections)
    return total if squared else root(total)


def released_jacobian_norm(logits: Logits, x: Images, *, create_graph: bool = False) -> PerExample:
    r"""What the code released with MadNet penalises in place of the Jacobian: the gradient of a constant.

    .. math:: \left\|\nabla_{x_i} \sum_k \mathrm{softmax}(f(x_i))_k\right\|_2 = \|\nabla_{x_i} 1\|_2 = 0

    The gradient of a vector is in Keras that of its sum. What comes out is rounding. Shapes: as `jacobian_norm`.
    Source: shairoz/MadNet, MadNet.py. Raises: ValueError if the logits do not depend on x by a graph.
    """
    p = logits.softmax(1)
    return root(_pulled(p, x, torch.ones_like(p), create_graph).flatten(1).square().sum(1))


def _pulled(z: Tensor, x: Images, weights: Tensor, create_graph: bool, batched: bool = False) -> Tensor:
    """The weights' product with the Jacobian; the graph of z is kept for what else is made of it."""
    g = None
    if z.requires_grad and x.requires_grad:
        (g,) = torch.autograd.grad(
            z, x, weights, retain_graph=True, create_graph=create_graph, allow_unused=True, is_grads_batched=batched
        )
    if g is None:
        raise ValueError(
            "the outputs have no gradient with respect to the images: let x require grad before the model is asked, "
            "outside of torch.no_grad, and look for a detach in the model"
        )
    return g
