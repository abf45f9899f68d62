"""A small LeNet for the page: its weights as the page's script reads them, and the script."""

import base64
import hashlib
import json
from collections.abc import Mapping

import numpy as np
from torch import nn

from robustlib.figures.page.assets import asset

SCRIPT = asset(__name__, "lenet.js")
SHAPES = [(1, 1, 1, 1)] * 2 + [(6, 1, 5, 5), (6,), (16, 6, 5, 5), (16,), (48, 400), (48,), (10, 48), (10,)]
Packed = dict[str, str]


def packed(model: nn.Module) -> Packed:
    """The weights of a `small_lenet` as float16 in base64, and the sha256 of their bytes, which the page checks.

    `half` holds, little endian and row by row, mean, std, both convolutions, the dense layer and the head, each weight
    before its bias. Raises: ValueError for a model of other tensors, and for a weight beyond float16.
    """
    tensors = list(model.state_dict().values())
    if [tuple(t.shape) for t in tensors] != SHAPES:
        raise ValueError(
            f"the page's network is small_lenet of ten classes, got shapes {[(*t.shape,) for t in tensors]}"
        )
    numbers = np.concatenate([t.detach().cpu().contiguous().float().numpy().ravel() for t in tensors])
    if not np.all(np.abs(numbers) < 65504):
        raise ValueError(f"float16 holds numbers below 65504, a weight is {np.abs(numbers).max():g}")
    data = numbers.astype("<f2").tobytes()
    return {"half": base64.b64encode(data).decode(), "sha256": hashlib.sha256(data).hexdigest()}


def network_script(networks: Mapping[str, Packed]) -> str:
    """A `script` element after which `robustlib.stored(name)` is each of the networks: see the head of lenet.js.

    It stands in the page as it is, so the page asks for no file. Each network is 60 KB, the script 4 KB.
    """
    return f"<script>{SCRIPT};Object.assign(robustlib.weights,{json.dumps(networks)})</script>"
