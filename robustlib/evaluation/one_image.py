"""A network as an attack written from scratch sees it: one image at a time, its logits and their gradients."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from robustlib.gradient import evaluating, pulled_back
from robustlib.interfaces import Images, Labels, Logits
from robustlib.models.classifier import Classifier
from robustlib.models.layer_list import Layer, layer_list

Pixels = Float[Tensor, "h w"]
Few = tuple[Float[Tensor, "m c h w"], Int[Tensor, " m"]]


@dataclass(frozen=True, eq=False)
class OneImage:
    """Logits and gradients for a grey image (h, w) in [0, 1]: what a run cell of the book calls `network`.

    In the page the same three methods are computed in script, from `layers` and the checkpoint.
    """

    model: Classifier
    checkpoint: str = ""  # the experiment whose stored weights it has
    sha256: str = ""  # of the checkpoint's file
    stored: frozenset[str] = field(default_factory=frozenset)  # the names of the tensors in that file

    @property
    def layers(self) -> list[Layer]:
        """As `layer_list`. Raises: ValueError for a layer that it does not know."""
        return layer_list(self.model)

    @property
    def extra(self) -> dict[str, dict[str, Any]]:
        """The tensors of the layers that are not in the checkpoint, by name: shape, and float16 in base64."""
        state = self.model.state_dict()
        names = [name for layer in self.layers for name in layer[1:] if isinstance(name, str)]
        return {name: _packed(state[name]) for name in names if name not in self.stored}

    def read_right(self, x: Images, y: Labels, n: int) -> Few:
        """The first n of the images whose label the network gives. Raises: ValueError if there are fewer."""
        found = [i for i in range(len(x)) if int(self.logits(x[i, 0]).argmax()) == y[i]][:n]
        if len(found) < n:
            raise ValueError(f"of {len(x)} images {len(found)} are read right, {n} are asked for; give more images")
        return x[found], y[found]

    def logits(self, x: Pixels) -> Float[Tensor, " k"]:
        """One number for each class."""
        with torch.no_grad(), evaluating(self.model):
            return self.model(x[None, None])[0]

    def loss_gradient(self, x: Pixels, y: int) -> Pixels:
        r"""The gradient of the cross-entropy of label y, :math:`\nabla_x L(x, y)`."""
        return self._gradient(x, lambda f: f.softmax(1) - _one(f, y))

    def logit_gradient(self, x: Pixels, c: int) -> Pixels:
        r"""The gradient of one logit, :math:`\nabla_x f_c(x)`."""
        return self._gradient(x, lambda f: _one(f, c))

    def _gradient(self, x: Pixels, weights: Callable[[Logits], Logits]) -> Pixels:
        """Of the weighted sum of the logits."""
        with evaluating(self.model):
            return pulled_back(self.model, weights, x[None, None])[1][0, 0]


def _one(logits: Logits, c: int) -> Logits:
    """1 at class c and 0 elsewhere."""
    return torch.zeros_like(logits).index_fill_(1, torch.tensor([c], device=logits.device), 1)


def _packed(tensor: Tensor) -> dict[str, Any]:
    """As the page's script reads it."""
    numbers = tensor.detach().cpu().half().contiguous().numpy()
    return {"shape": list(tensor.shape), "data": base64.b64encode(numbers.tobytes()).decode()}
