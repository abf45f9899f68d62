"""Adam's direction as a pure function: the optimizer of Carlini and Wagner, one state for each pixel of each image."""

from robustlib.interfaces import Images

DECAY, SQUARED_DECAY, TINY = 0.9, 0.999, 1e-8


def adam(g: Images, mean: Images, square: Images, t: int) -> tuple[Images, Images, Images]:
    r"""The t-th direction of descent, and the running means of the gradient and of its square, updated.

    .. math:: m_t = \beta_1 m_{t-1} + (1 - \beta_1) g_t, \quad v_t = \beta_2 v_{t-1} + (1 - \beta_2) g_t^2, \quad
              \frac{m_t / (1 - \beta_1^t)}{\sqrt{v_t / (1 - \beta_2^t)} + 10^{-8}}

    Every pixel has its own state, so images do not influence each other, and rows may be dropped from both means.

    Source: Kingma & Ba 2015, algorithm 1, with its default constants. t counts from 1; both means start at 0.
    """
    mean = DECAY * mean + (1 - DECAY) * g
    square = SQUARED_DECAY * square + (1 - SQUARED_DECAY) * g * g
    root = (square / (1 - SQUARED_DECAY**t)).sqrt_()
    return mean / (1 - DECAY**t) / root.add_(TINY), mean, square
