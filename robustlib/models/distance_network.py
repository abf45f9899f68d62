"""DunDi's distance network: a classifier's body, and an embedding module of two dense layers on top of it."""

from copy import deepcopy
from typing import Literal

from torch import Tensor, nn
from torch.nn import functional as F

from robustlib.interfaces import Features
from robustlib.models.classifier import Classifier


class Frozen(nn.Module):
    """A module that stays as it is: always in eval mode, also inside a network that is set to train, and no parameter
    takes a gradient. Gradients still pass through it, to the pixels.
    """

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module.requires_grad_(False)
        self.eval()

    def train(self, mode: bool = True) -> "Frozen":
        """Eval mode, whatever is asked for: no dropout, and batch-norm keeps its statistics."""
        return super().train(False)

    def forward(self, x: Tensor) -> Tensor:
        return self.module(x)


class UnitLength(nn.Module):
    r"""Features divided by their length, :math:`z / \|z\|_2`, so that distances between them are in [0, 2]."""

    def forward(self, z: Features) -> Features:
        return F.normalize(z, dim=1)


def distance_network(
    base: Classifier,
    cut: Literal["features", "logits"] = "features",
    frozen: bool = False,
    hidden: int = 128,
    embedding: int = 128,
    unit: bool = False,
) -> Classifier:
    """A copy of `base` without its softmax, then dense `hidden`, ReLU, dense `embedding`; features (n, embedding).

    `frozen` is DunDi_P, the pre-trained network of which only the embedding module learns; otherwise DunDi_R, of which
    everything learns. `cut` says where the base ends: at the features that feed its last dense layer, or at its
    logits. `unit` adds a last step to unit length, the book's ablation. In the result's body, [0] is the cut base and
    [1] the embedding module.

    The head is a placeholder that returns the embedding: put `NearestOracles` or `TwoStep` in its place to classify.

    Source: Cui et al. 2019, sections 3.3 and 3.5.
    Raises: ValueError for another cut, a width below 1, or a base whose head has no linear layer to cut at.
    """
    # Paper silent on the cut, the hidden width and the activations: the features, the one width it names, ReLU between.
    if cut not in ("features", "logits"):
        raise ValueError(f"cut must be 'features' or 'logits', got {cut!r}")
    if hidden < 1 or embedding < 1:
        raise ValueError(f"the embedding module needs widths >= 1, got hidden={hidden}, embedding={embedding}")
    linear = [module for module in base.head.modules() if isinstance(module, nn.Linear)]
    if not linear:
        raise ValueError(
            f"the base's head has no linear layer to cut at, got {base.head!r:.80}; pass a softmax network"
        )
    trunk = copy_of(base.body if cut == "features" else base)
    trunk.zero_grad()  # gradients of the base's last step are copied too
    width = linear[0].in_features if cut == "features" else linear[-1].out_features
    layers = [nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, embedding)]
    module = nn.Sequential(*layers, *([UnitLength()] if unit else [])).to(linear[0].weight)
    return Classifier(nn.Sequential(Frozen(trunk) if frozen else trunk, module), nn.Identity())


def copy_of(module: nn.Module) -> nn.Module:
    """A deep copy, also of a module that keeps a tensor which it computed, as the older `weight_norm` does."""
    computed = [
        (vars(part), name, value)
        for part in module.modules()
        for name, value in vars(part).items()
        if isinstance(value, Tensor) and value.grad_fn is not None
    ]
    try:
        for kept, name, value in computed:
            kept[name] = value.detach()
        return deepcopy(module)
    finally:
        for kept, name, value in computed:
            kept[name] = value


def frozen_parts(model: Classifier) -> tuple[nn.Module, Classifier]:
    """Of a frozen distance network: the base that stays as it is, and what learns, as a network of its features.

    The second takes features (n, d, 1, 1), and shares its weights with the model: trained on features that were
    computed once, it is the same training at a small part of the cost, as long as images are not augmented.
    Raises: TypeError for a network that is not frozen.
    """
    base = model.body[0] if isinstance(model.body, nn.Sequential) else model.body
    if not isinstance(base, Frozen):
        raise TypeError(f"needs a distance_network(base, frozen=True), got {base!r:.80}")
    module = model.get_submodule("body.1")
    return base.module, Classifier(nn.Sequential(nn.Flatten(), module), model.head)
