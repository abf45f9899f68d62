"""Cross-entropy, the loss that classifiers are trained with and that most attacks climb."""

from torch.nn import functional as F

from robustlib.interfaces import Labels, Logits, PerExample
from robustlib.losses.wide import wide


def cross_entropy(logits: Logits, y: Labels) -> PerExample:
    r"""How surprised the model is by the label.

    .. math:: L_{CE}(x, y) = -\log \frac{e^{f_y}}{\sum_j e^{f_j}}

    Source: the training loss of every paper in this book (Pang et al. 2018, equation 1).
    Range: [0, inf). It saturates: once the model is sure, its gradient in float32 is exactly zero.
    """
    return F.cross_entropy(wide(logits), y, reduction="none")
