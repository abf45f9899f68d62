"""The way back into one ball, for a climb that takes it at every step."""

from collections.abc import Callable

from robustlib.geometry import Linf, Norm
from robustlib.interfaces import Images


def onto_ball(norm: Norm, eps: float) -> Callable[[Images, Images], Images]:
    """`norm.project` at this radius, for a loop: the edges of the cube are computed once for each x it is given, and
    x_adv is overwritten.
    """
    if type(norm) is not Linf:
        return lambda x_adv, x: norm.project(x_adv, x, eps)
    around: list[Images] = []  # x, and the cube's edges inside [0, 1]

    def project(x_adv: Images, x: Images) -> Images:
        if not around or around[0] is not x:
            around[:] = x, (x - eps).clamp_(min=0), (x + eps).clamp_(max=1)
        return x_adv.clamp_(*around[1:])

    return project
