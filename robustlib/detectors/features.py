"""Features of chosen images, read as an evaluation reads them."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from robustlib.datasets.split import Split
from robustlib.gradient import evaluating
from robustlib.interfaces import Images, Labels
from robustlib.models.classifier import Classifier


@torch.no_grad()
def features(
    model: Classifier, data: Split | tuple[Images, Labels], rows: Int[Tensor, " m"], batch: int = 500
) -> Float[Tensor, "m d"]:
    """The features of these images, in eval mode, in the model's own precision and on its device.

    Raises: TypeError unless the model is a Classifier.
    """
    if not isinstance(model, Classifier):
        raise TypeError(f"a density of features needs a Classifier(body, head), got {model!r:.80}")
    like = next(model.parameters(), None)
    found = []
    with evaluating(model):
        for part in rows.split(batch):
            x = data[0][part] if isinstance(data, tuple) else data[part][0]
            with torch.autocast(x.device.type, enabled=False):
                found.append(model.features(x.clone() if like is None else x.to(like, copy=True)))
    return torch.cat(found)
