"""Features of chosen images, read as an evaluation reads them."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from robustlib.datasets.split import Split
from robustlib.door import check_images, check_logits, check_model, check_size
from robustlib.gradient import evaluating, in_float32, search_logits
from robustlib.interfaces import Features, Images, Labels, Logits
from robustlib.models.classifier import Classifier, body_and_head, is_plain


def check_plain(model: nn.Module) -> None:
    """Raises: TypeError unless the model is a plain `Classifier` without hooks: its answer is made of its features."""
    if body_and_head(model) is None:
        hooks = " with a hook on it" if is_plain(model) else ""
        raise TypeError(f"a density of features needs a plain Classifier(body, head), got {model!r:.80}{hooks}")


@torch.no_grad()
def features(
    model: Classifier, data: Split | tuple[Images, Labels], rows: Int[Tensor, " m"], batch: int = 500
) -> Float[Tensor, "m d"]:
    """The features of these images, in eval mode, in the model's own precision and on its device.

    Raises: TypeError unless the model is a plain Classifier; ValueError for images or weights of another form.
    """
    check_plain(model)
    check_size(batch)
    like, found = next(model.parameters(), None), []
    for part in rows.split(batch):
        x = data[0][part] if isinstance(data, tuple) else data[part][0]
        x = x if like is None else x.to(like)
        check_model(model, x)
        found.append(features_at(model, x))
    return torch.cat(found)


def features_at(model: Classifier, x: Images) -> Features:
    """The features of a batch as a score reads them: in eval mode and full precision, differentiable in x.

    Raises: ValueError for anything but images.
    """
    check_images(x)
    with evaluating(model), in_float32(x.device):
        return model.features(x.clone())


def logits_at(model: nn.Module, x: Images) -> Logits:
    """The logits of a batch as a score reads them: in eval mode and full precision, differentiable in x.

    Raises: ValueError for anything but images, weights of another precision, and anything but finite logits.
    """
    check_images(x)
    check_model(model, x)
    with evaluating(model):
        logits = search_logits(model, x)
    check_logits(logits)
    return logits


def draw_points(y: Labels, classes: int, per_class: int, seed: int) -> Int[Tensor, " m"]:
    """Positions of `per_class` random points of each class, class after class; of all where a class has fewer.

    Raises: ValueError for a class without a point.
    """
    generator, chosen = torch.Generator().manual_seed(seed), []
    for j in range(classes):
        where = (y == j).nonzero().squeeze(1)
        if len(where) == 0:
            raise ValueError(f"class {j} has no training point, so an image of it has no density; give some")
        chosen.append(where[torch.randperm(len(where), generator=generator)[:per_class]])
    return torch.cat(chosen)
