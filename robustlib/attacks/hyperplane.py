"""The nearest point of the box [0, 1] on a hyperplane, in the L-infinity or the L2 norm, exactly and for a batch."""

import torch

from robustlib.geometry import L2, Linf, Norm, per_example
from robustlib.interfaces import Images, PerExample


def onto_hyperplane(x: Images, w: Images, rise: PerExample, norm: Norm) -> Images:
    r"""The smallest step inside the box that changes the inner product with w by `rise`.

    .. math:: \arg\min_d \|d\|_p \quad \text{with} \quad \langle w, d \rangle = \mathrm{rise}, \quad x + d \in [0, 1]

    Every pixel moves the way that helps, by :math:`\min(\lambda v_i, r_i)`: its speed v is 1 for L-infinity and |w|
    for L2, its room r is the way to the edge of the box. The sum of the moves, weighted by |w|, is concave and
    piecewise linear in the level :math:`\lambda`, so that Newton's method from 0 ends after a few rounds at the exact
    level: the pixels that have hit the edge stay there, the others share what is missing.

    Where the box does not reach the hyperplane, the step goes as far towards it as the box allows. Pixels with w = 0,
    and images with w = 0 everywhere, stay.

    Args: x in [0, 1]; w any finite values; rise any sign. Returns: d, not x + d.
    Source: Croce & Hein 2020 (FAB), the projection onto a hyperplane within the box, there solved by sorting.
    Raises: ValueError for another norm.
    """
    if not isinstance(norm, Linf | L2):
        raise ValueError(f"the step to a hyperplane is known for Linf() and L2(), got {norm}")
    cube = isinstance(norm, Linf)
    scale = w.abs().flatten(1).amax(1).clamp(min=torch.finfo(w.dtype).tiny)
    pull, missing = (w / per_example(scale, w)).flatten(1), rise / scale
    way = pull.sign().mul_(missing.sign()[:, None])
    pull, missing = pull.abs_(), missing.abs_()
    room = way.clamp(min=0).sub_(x.flatten(1) * way)  # 1 - x, x, or 0 where w = 0
    reach = pull * room  # what a pixel adds when it goes to the edge
    rate = pull if cube else pull.square()  # what it adds per level while it is free

    free = (room > 0).to(pull)  # 1 or 0: products are faster than masks
    while True:
        level = (missing - (reach * (1 - free)).sum(1)).clamp_(min=0) / (rate * free).sum(1)
        move = level[:, None].expand_as(room) if cube else level[:, None] * pull
        still = free * (move < room)
        if torch.equal(still, free):
            break
        free = still
    return (way * torch.where(free > 0, move, room)).reshape(x.shape)
