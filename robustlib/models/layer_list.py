"""A small network as a list of its layers and the names of their tensors: for whoever computes it without torch."""

from collections.abc import Callable, Iterator

from torch import nn

from robustlib.models.classifier import Classifier, Negate, Normalize
from robustlib.models.oracles import NearestOracles

Layer = list[str | int]  # ["conv", "body.1.weight", "body.1.bias", 2]: kind, tensors of `state_dict`, numbers


def layer_list(model: Classifier) -> list[Layer]:
    """The layers of a classifier of one-channel images in the order in which they act; the pages compute it in script.

    Raises: ValueError for a layer that is none of these: Normalize of one channel, Conv2d that moves by one pixel and
    pads with zeros, MaxPool2d whose windows do not overlap, ReLU, Flatten, Linear, Negate, NearestOracles.
    """
    return [*_layers(model.body, "body."), *_layers(model.head, "head.")]


def _layers(part: nn.Module, name: str) -> Iterator[Layer]:
    """The layers of a part whose tensors' names begin so."""
    if isinstance(part, nn.Sequential):
        for place, inside in part.named_children():
            yield from _layers(inside, f"{name}{place}.")
        return
    for kind, known, says in KINDS:
        if type(part) is kind and known(part):
            yield says(part, name)
            return
    raise ValueError(f"{name.rstrip('.')} is {part!r}, which a list of layers has no word for")


def _plain(conv: nn.Conv2d) -> bool:
    """Whether it is square, moves by one pixel, and pads all sides with as many zeros."""
    usual = (conv.stride, conv.dilation, conv.groups, conv.padding_mode) == ((1, 1), (1, 1), 1, "zeros")
    return usual and conv.bias is not None and len({*conv.padding}) == 1 and len({*conv.kernel_size}) == 1


KINDS: tuple[tuple[type, Callable, Callable], ...] = (
    (Normalize, lambda m: m.mean.numel() == 1, lambda m, n: ["normalize", f"{n}mean", f"{n}std"]),
    (nn.Conv2d, _plain, lambda m, n: ["conv", f"{n}weight", f"{n}bias", m.padding[0]]),
    (nn.MaxPool2d, lambda m: m.kernel_size == m.stride and not m.padding, lambda m, n: ["maxpool", m.kernel_size]),
    (nn.ReLU, lambda m: True, lambda m, n: ["relu"]),
    (nn.Flatten, lambda m: m.start_dim == 1, lambda m, n: ["flatten"]),
    (nn.Linear, lambda m: m.bias is not None, lambda m, n: ["linear", f"{n}weight", f"{n}bias"]),
    (Negate, lambda m: True, lambda m, n: ["negate"]),
    (NearestOracles, lambda m: True, lambda m, n: ["nearest", f"{n}oracles", f"{n}share"]),
)
