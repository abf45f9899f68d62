"""DunDi's objective: nothing but the order of the two distances in a tuple."""

from dataclasses import dataclass

import torch
from torch import Tensor

from robustlib.interfaces import Images, Terms
from robustlib.losses import sigmoid_triplet
from robustlib.models.classifier import Classifier


@dataclass(frozen=True)
class DunDi:
    r"""The mean sigmoid triplet loss of a batch of tuples, on the features of a distance network.

    .. math:: \frac1n \sum_i 1 - \mathrm{sigmoid}\left(\|z_{a,i} - z_{n,i}\|_2 - \|z_{a,i} - z_{p,i}\|_2\right)

    Takes what `Triplets` yields; the labels there only made the tuples, and are not read. The head is not used either.
    The three images of a tuple pass the network together, so batch-norm sees them as one batch.
    Source: Cui et al. 2019, section 3.3.
    """

    def __call__(self, model: Classifier, anchor: Images, positive: Images, negative: Images, *labels: Tensor) -> Terms:
        z = model.features(torch.cat([anchor, positive, negative])).float()
        return {"triplet": sigmoid_triplet(*z.chunk(3)).mean()}
