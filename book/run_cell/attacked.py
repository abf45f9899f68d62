"""The network under attack, as the reader's code asks it; runs in MicroPython, computes in JavaScript."""

from page import page
from tensors import Tensor


class Network:
    """Logits and gradients of one image, as of `robustlib.evaluation.OneImage`."""

    def logits(self, x):
        return Tensor(page.logits(_image(x).held), (page.classes(),))

    def loss_gradient(self, x, y):
        return Tensor(page.lossGradient(_image(x).held, _label(y)), x.shape)

    def logit_gradient(self, x, c):
        return Tensor(page.logitGradient(_image(x).held, _label(c)), x.shape)


def _image(x):
    if not isinstance(x, Tensor) or x.shape != (28, 28):
        found = getattr(x, "shape", type(x).__name__)
        raise ValueError(f"the network reads images of shape (28, 28), got {found}")
    return x


def _label(y):
    if not isinstance(y, int) or not 0 <= y < page.classes():
        raise ValueError(f"a label is a whole number from 0 to {page.classes() - 1}, got {y}")
    return y
