"""MadNet's objective: maximal adversarial distortion, by wide embedding margins over a small Jacobian."""

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from robustlib.gradient import in_float32
from robustlib.interfaces import Attack, Features, Images, Labels, Logits, PerExample, Terms, submodules
from robustlib.jacobian import (
    differenced_jacobian_norm,
    jacobian_norm,
    projected_jacobian_norm,
    released_jacobian_norm,
)
from robustlib.losses import label_smoothing, reduce_variance, siamese_cosine
from robustlib.losses.clusters import VarianceForm
from robustlib.losses.wide import wide
from robustlib.models.classifier import Classifier
from robustlib.modes import keeping_statistics

Layer = Literal["features", "logits"]
Method = Literal["projected", "exact", "difference", "released"]


@dataclass(frozen=True)
class MAD:
    r"""Four terms over both branches of a batch of pairs, which `datasets.SiamesePairs` yields.

    .. math:: L_{MAD} = \sum_{b=1,2} \left(\lambda_{CE} L_\alpha(x_b, y_b) + \lambda_{RVL}\, RVL(z_b, y_b)
              + \lambda_J \|J(x_b)\|_F\right) + \lambda_{Siam} \left(\delta_{y_1 y_2} - \cos(z_1, z_2)\right)^2

    Each is a mean over the batch but RVL, which is one number a branch. A term of weight 0 is neither computed nor
    returned. `method` says how the Jacobian is had: "projected" by double backward, "exact" likewise for all outputs,
    "difference" by one more forward and no double backward, "released" is the zero of the released code. With an
    `attack` all terms see the clean pairs and the attacked ones.

    All images pass the network together, so that batch-norm sees one batch. While it trains it couples them, and the
    Jacobian is that of `robustlib.jacobian`: of what the whole batch feels of an image. The difference's second forward
    leaves batch-norm's running statistics alone, and runs in float32, as does all else with it: under an autocast to
    16 bits it would be rounding.

    Source: Rozenberg et al. 2020 (MadNet), section 3.2 (no number), appendices B, C and F. (Paper inconsistent: the
    Jacobian is of the embedding in the text, of F in the formula and, in the code, of the sum of the softmax.
    Algorithm 1 takes no square in the Siamese loss.) The mean of the norms, not of their squares, as printed.

    Raises: ValueError unless the weights are >= 0, one of them > 0, 0 < alpha <= 1, projections >= 1 and step > 0, and
    for another layer, method or form; when called, for branches of two sizes, a difference through active dropout, and
    as the losses do.
    """

    ce: float = 1.0  # lambda_CE
    siamese: float = 1.0  # lambda_Siam
    variance: float = 1.0  # lambda_RVL
    jacobian: float = 0.01  # lambda_Jacob
    alpha: float = 0.8  # the true class's share in the label, in (1/k, 1]
    layer: Layer = "features"  # of Siamese loss and variance, and of the Jacobian unless the next says another
    jacobian_of: Layer | None = None
    method: Method = "projected"
    projections: int = 1  # of "projected" and "difference", >= 1
    step: float = 0.1  # of "difference", pixel units (L2), > 0
    absolute: bool = False  # Siamese loss without the square, as in algorithm 1
    form: VarianceForm = "printed"
    attack: Attack | None = None

    def __post_init__(self) -> None:
        weights = {name: getattr(self, name) for name in ("ce", "siamese", "variance", "jacobian")}
        if not all(0 <= w < float("inf") for w in weights.values()) or not any(weights.values()):
            raise ValueError(f"MAD needs finite weights >= 0, not all of them 0, got {weights}")
        if not (0 < self.alpha <= 1 and self.projections >= 1 and 0 < self.step < float("inf")):
            found = f"alpha={self.alpha}, projections={self.projections}, step={self.step}"
            raise ValueError(f"MAD needs alpha in (0, 1], projections >= 1 and a finite step > 0, got {found}")
        for name, words, given in (
            ("layer", Layer, self.layer),
            ("jacobian_of", Layer, self.jacobian_of or self.layer),
            ("method", Method, self.method),
            ("form", VarianceForm, self.form),
        ):
            if given not in get_args(words):
                raise ValueError(f"MAD's {name} is one of {', '.join(get_args(words))}, got {given!r}")

    def __call__(self, model: Classifier, x1: Images, y1: Labels, x2: Images, y2: Labels) -> Terms:
        if x1.shape != x2.shape or y1.shape != y2.shape:
            raise ValueError(f"MAD needs pairs, got {tuple(x1.shape)} and {tuple(x2.shape)} images")
        x, y = torch.cat([x1, x2]), torch.cat([y1, y2])
        if self.attack is not None:
            attacked = self.attack(model, x, y).chunk(2)
            x, y = torch.cat([x1, attacked[0], x2, attacked[1]]), torch.cat([y1, y1, y2, y2])
        if self.jacobian and self.method == "difference":
            with in_float32(x.device):
                return self._terms(model, x, y)
        return self._terms(model, x, y)

    def _terms(self, model: Classifier, x: Images, y: Labels) -> Terms:
        """Of images whose first half is the first branch."""
        x = x.detach().requires_grad_(bool(self.jacobian) and self.method != "difference")
        z = model.features(x)
        logits = wide(model.head(z))
        z = wide(z)
        (z1, z2), (y1, y2) = (z if self.layer == "features" else logits).chunk(2), y.chunk(2)
        terms: dict[str, Tensor] = {}
        if self.ce:
            terms["ce"] = 2 * self.ce * label_smoothing(logits, y, self.alpha).mean()
        if self.siamese:
            terms["siamese"] = self.siamese * siamese_cosine(z1, z2, y1 == y2, absolute=self.absolute).mean()
        if self.variance:
            spread = reduce_variance(z1, y1, self.form) + reduce_variance(z2, y2, self.form)
            terms["variance"] = self.variance * spread
        if self.jacobian:
            terms["jacobian"] = 2 * self.jacobian * self._sensitivity(model, x, z, logits).mean()
        return terms

    def _sensitivity(self, model: Classifier, x: Images, z: Features, logits: Logits) -> PerExample:
        """The norm of the Jacobian at each image, with a graph to the weights."""
        layer = self.jacobian_of or self.layer
        out = z if layer == "features" else logits
        if self.method == "released":
            return released_jacobian_norm(logits, x, create_graph=True)
        if self.method == "exact":
            return jacobian_norm(out, x, create_graph=True, signed=model.training)
        if self.method == "projected":
            return projected_jacobian_norm(out, x, self.projections, create_graph=True)
        if any(isinstance(m, nn.modules.dropout._DropoutNd) and m.training and m.p for m in submodules(model)):
            raise ValueError('a difference means nothing through active dropout; choose method="projected"')
        of = model.features if layer == "features" else model
        with keeping_statistics(model):
            return differenced_jacobian_norm(of, x, self.projections, self.step, z=out)
