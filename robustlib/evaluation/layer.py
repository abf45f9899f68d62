"""A layer of a model as an evaluation reads it: the features or the logits, part by part."""

from collections.abc import Callable
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from robustlib.gradient import search_logits
from robustlib.interfaces import Features, Images
from robustlib.models.classifier import body_and_head

Layer = Literal["features", "logits"]


def function_of(model: nn.Module, layer: Layer) -> Callable[[Images], Features]:
    """The layer as a function of images.

    Raises: ValueError for another layer; TypeError for features of a model that is no plain Classifier.
    """
    if layer not in get_args(Layer):
        raise ValueError(f"the layer is one of {', '.join(get_args(Layer))}, got {layer!r}")
    if layer == "logits":
        return lambda x: search_logits(model, x)
    parts = body_and_head(model)
    if parts is None:
        raise TypeError(f'features need a plain Classifier(body, head) without hooks, or layer="logits"; {model!r:.80}')
    return lambda x: parts[0](x.clone())


def in_parts(of: Callable[[Tensor], tuple[Tensor, ...]], x: Tensor, batch: int) -> list[Tensor]:
    """What a function says of each part of a batch, put together."""
    return [torch.cat(column) for column in zip(*(of(part) for part in x.split(batch)), strict=True)]
