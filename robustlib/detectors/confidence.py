"""The oldest detector: how sure the classifier says it is."""

from torch import nn
from torch.nn import functional as F

from robustlib.detectors.features import logits_at
from robustlib.detectors.non_maximal import behind
from robustlib.interfaces import Images, PerExample


class Confidence(nn.Module):
    r"""The logarithm of the largest probability, in eval mode.

    .. math:: s(x) = \log F(x)_{\hat y} = -\log\left(1 + \sum_{j \ne \hat y} e^{f_j - f_{\hat y}}\right)

    Written so, it still tells apart two images whose float32 confidence is 1.
    Source: Pang et al. 2018, section 3.1. Raises: ValueError, when scoring, for fewer than two classes and for logits
    that are NaN or infinite.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def score(self, x: Images) -> PerExample:
        """Shapes: (n, c, h, w) -> (n,). Range: [-log L, 0]."""
        return F.logsigmoid(-(-behind(logits_at(self.model, x))).logsumexp(1))
