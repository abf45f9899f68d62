"""The change of variable that keeps an image in [0, 1]: every real w is an image, and every image has a w."""

import math

from robustlib.interfaces import Images

# The share of tanh's range that the box fills. Released code has 0.999999, where tanh's slope at a black or white
# pixel is 1e-6 and Adam needs hundreds of steps to leave it: half of MNIST then survives 9 x 100 steps.
EDGE = 0.7


def from_box(x: Images) -> Images:
    r"""The variable of an image, :math:`w = \mathrm{artanh}(s (2x - 1))` with s = 0.7."""
    return (2 * x - 1).mul_(EDGE).atanh_()


def to_box(w: Images) -> tuple[Images, Images]:
    r"""The image :math:`x = \tfrac12 + \tfrac{1}{2s} \tanh w` in [0, 1], and its slope dx/dw, positive everywhere.

    Source: Carlini & Wagner 2017 (Towards evaluating), section V-B, where s = 1 and the faces of the box are at
    infinity. A w beyond them is first moved onto them, in place.
    """
    edge = math.atanh(EDGE)
    tanh = w.clamp_(-edge, edge).tanh()
    return (tanh / EDGE + 1).div_(2).clamp_(0, 1), (1 - tanh * tanh).div_(2 * EDGE)
