"""The norm by forward passes: how far the outputs move along random directions in the images."""

import math
from collections.abc import Callable

from robustlib.interfaces import Features, Images, PerExample
from robustlib.jacobian.directions import at_least_one, root, unit_directions

Layer = Callable[[Images], Features]  # a model's features, or its logits


def finite_difference(of: Layer, x: Images, u: Images, step: float = 0.1, z: Features | None = None) -> Features:
    r"""Where z moves when x moves along u, without any backward.

    .. math:: J u \approx \frac{F(x + h u) - F(x)}{h}

    Its error is of first order in the step h (pixel units): :math:`\frac{h}{2} \|u^\top H u\|`; of an affine model
    there is only rounding, which grows as h shrinks: 1e-3 still serves in float32, and 0.1 where a GPU rounds
    convolutions to TF32, as torch lets it by default; in bfloat16 none does. `z` is F(x) where that is known; gradients
    reach the weights through both. x + h u may leave [0, 1]. A model that draws random numbers (dropout) answers with
    others the second time, and the difference means nothing. Shapes: (n, c, h, w) twice -> (n, d).

    Raises: ValueError unless step > 0 and u is of x's shape.
    """
    if not 0 < step < math.inf:
        raise ValueError(f"the step of a finite difference must be > 0 and finite, got {step}")
    if u.shape != x.shape:
        raise ValueError(f"a direction of the images' shape {tuple(x.shape)} is needed, got {tuple(u.shape)}")
    z = of(x) if z is None else z
    return (of(x + step * u) - z) / step


def differenced_jacobian_norm(
    of: Layer, x: Images, projections: int = 1, step: float = 0.1, *, squared: bool = False, z: Features | None = None
) -> PerExample:
    r"""An estimate of the norm from random directions in the images, one forward each and no backward to the pixels.

    .. math:: \|J_i\|_F^2 = p\; \mathbb{E}_u \left\|J_i u\right\|_2^2, \qquad
              u \text{ uniform on the unit sphere of the } p \text{ pixels}

    J u is a `finite_difference`. One ordinary backward trains it. Shapes: (n, c, h, w) -> (n,).
    Raises: ValueError unless projections >= 1 and step > 0.
    """
    at_least_one(projections)
    total = x.new_zeros(len(x))
    for _ in range(projections):
        moved = finite_difference(of, x, unit_directions(x), step, z)
        total = total + moved.square().sum(1)
    total = total * (math.prod(x.shape[1:]) / projections)
    return total if squared else root(total)
