"""Kernel density: how close an image's features are to training features of the class it is given."""

from math import log
from pathlib import Path

import torch
from torch import Tensor, nn

from robustlib.datasets.split import Split
from robustlib.detectors.features import check_plain, draw_points, features, features_at
from robustlib.detectors.fingerprint import Unchanged, fingerprint
from robustlib.door import check_images, check_labels, check_model
from robustlib.files import parsing, read_tensors, write_tensors
from robustlib.geometry import float64
from robustlib.gradient import evaluating, in_float32
from robustlib.interfaces import Features, Images, Labels, PerExample
from robustlib.models.classifier import Classifier


class KernelDensity(nn.Module):
    r"""The logarithm of a kernel density of the features, among fitted points of the predicted class only.

    .. math:: s(x) = \log \frac{1}{m} \sum_{i:\, y_i = \hat y} \exp\left(-\gamma \|z(x) - z_i\|_2^2\right), \quad
              \gamma = 1 / \sigma^2

    A log-sum-exp: finite, with a gradient, where the density itself is 0 in float32. Not normalised: at most 0.
    The paper prints gamma = 0.26 for cross-entropy and 2.6 for reverse cross-entropy; `choose_gamma` treats both
    alike. With scikit-learn's bandwidth h, gamma = 1 / (2 h^2).

    Source: Pang et al. 2018, section 3.3, after Feinman et al. 2017. Shapes: centres (m, d), label (m,). `origin` is
    the `fingerprint` of the model that made the centres. Raises: TypeError unless the model is a Classifier; ValueError
    unless 0 < gamma < inf, for bad centres, and when scoring for a class without centres or features that do not fit.
    """

    centres: Tensor
    label: Tensor

    def __init__(self, model: Classifier, centres: Features, label: Labels, gamma: float, origin: str) -> None:
        super().__init__()
        check_plain(model)
        if not 0 < gamma < float("inf"):
            raise ValueError(f"gamma = 1 / sigma^2 must be > 0 and finite, got {gamma}")
        if centres.ndim != 2 or label.shape != centres.shape[:1] or label.dtype != torch.int64 or len(label) == 0:
            found = f"{tuple(centres.shape)} and {label.dtype} {tuple(label.shape)}"
            raise ValueError(f"a density needs centres (m, d) and an int64 label for each, m >= 1, got {found}")
        if not centres.isfinite().all():
            raise ValueError("a fitted point's features are NaN or infinite; the model's training diverged")
        if label.min() < 0:
            raise ValueError(f"labels of fitted points must be >= 0, got {int(label.min())}")
        self.model, self.gamma, self.origin = model, float(gamma), origin
        self._unchanged = Unchanged(origin)
        self.register_buffer("centres", centres.detach())
        self.register_buffer("label", label)

    @classmethod
    def fit(
        cls,
        model: Classifier,
        train: Split | tuple[Images, Labels],
        gamma: float,
        per_class: int = 1000,
        seed: int = 0,
        batch: int = 500,
    ) -> "KernelDensity":
        """Keep the features of `per_class` random training points of each true class, or of all where there are fewer.

        Raises: ValueError for a class that the model knows and `train` has no point of, for a label that the model
        does not know, unless per_class >= 1, and as the class does.
        """
        if isinstance(train, tuple):
            check_images(train[0], "train")
        y, points = (train[1], len(train[0])) if isinstance(train, tuple) else (train.y, len(train))
        if per_class < 1 or points == 0:
            raise ValueError(f"a density needs per_class >= 1 of at least one point, got {per_class} of {points}")
        z = features(model, train, torch.tensor([0]))
        with torch.no_grad(), evaluating(model):
            classes = model.head(z).shape[1]
        check_labels(y, points, classes)
        y = y.cpu()
        z = features(model, train, rows := draw_points(y, classes, per_class, seed), batch)
        return cls(model, z, y[rows].to(z.device), gamma, fingerprint(model))

    def at(self, gamma: float) -> "KernelDensity":
        """The same detector, sharing the centres, with another gamma."""
        return KernelDensity(self.model, self.centres, self.label, gamma, self.origin)

    def score(self, x: Images) -> PerExample:
        """The log-density of the predicted class, in eval mode. Shapes: (n, c, h, w) -> (n,). Range: (-inf, 0]."""
        check_images(x)
        check_model(self.model, x)
        self._unchanged.check(self.model)
        with evaluating(self.model), in_float32(x.device):
            return self.score_features(features_at(self.model, x))

    def score_features(self, z: Features) -> PerExample:
        """The score of an image with these features: what an attack on model and detector computes both from."""
        return self.log_density(z, self.model.head(z).argmax(1))

    def log_density(self, z: Features, label: Labels) -> PerExample:
        """The log-density of these features in these classes. Shapes: (n, d), (n,) -> (n,). Range: (-inf, 0]."""
        if z.ndim != 2 or z.shape[1] != self.centres.shape[1]:
            found, fitted = tuple(z.shape), self.centres.shape[1]
            raise ValueError(f"features of shape {found} meet centres of width {fitted}: fitted on another model?")
        if not z.isfinite().all():
            raise ValueError("the features hold NaN or inf; look at the images first, then at the model's training")
        # The expanded square in float64: as exact as the features, a fast matrix product, smooth where z is a centre.
        wide, total = float64(z), float64(z.new_zeros(len(z)))
        for j in label.unique().tolist():
            rows, c = (label == j).nonzero().squeeze(1).to(wide.device), float64(self.centres[self.label == j])
            if len(c) == 0:
                raise ValueError(f"class {j} was predicted but has no fitted point; fit on training points of it too")
            near = torch.addmm(-self.gamma * c.square().sum(1), wide[rows], c.T, alpha=2 * self.gamma)
            total = total.index_add(0, rows, near.logsumexp(1) - log(len(c)))
        return (total - self.gamma * wide.square().sum(1)).to(z)

    def save(self, path: Path | str, dtype: torch.dtype | None = None) -> None:
        """Write the centres, as `dtype` if given (float16 halves the file), gamma and the model's fingerprint.

        Raises: ValueError if the model's weights have changed since the fit, or a centre is too large for the dtype.
        """
        Unchanged(self.origin).check(self.model)
        centres = self.centres if dtype is None else self.centres.to(dtype)
        if not centres.isfinite().all():
            raise ValueError(f"a centre does not fit into {dtype}; save as float32")
        gamma = torch.tensor(self.gamma, dtype=torch.float64)
        origin = torch.tensor(list(bytes.fromhex(self.origin)), dtype=torch.uint8)
        write_tensors(path, {"centres": centres, "label": self.label, "gamma": gamma, "model": origin})

    @classmethod
    def load(cls, path: Path | str, model: Classifier) -> "KernelDensity":
        """The detector saved at `path`, on the model it was fitted on, in the model's precision and on its device.

        Raises: FileNotFoundError for no file; ValueError for a damaged one, or a model with other weights.
        """
        what, way_out = "kernel density saved by this library", "fit it anew"
        try:
            found = read_tensors(path, what, way_out)
        except FileNotFoundError as error:
            raise FileNotFoundError(f"{path}: no such detector; fit one with KernelDensity.fit and save it") from error
        with parsing(path, what, way_out):
            centres, label, gamma = found["centres"], found["label"], found["gamma"].item()
            made_by = bytes(found["model"].tolist()).hex()
            if not centres.is_floating_point() or not found["gamma"].is_floating_point():
                raise TypeError(f"centres are {centres.dtype} and gamma is {found['gamma'].dtype}, expected floats")
        if made_by != fingerprint(model):
            raise ValueError(f"{path}: fitted on another model than this one, whose weights differ; fit it on this one")
        like = next(model.parameters(), centres.float())
        return cls(model, centres.to(like), label.to(like.device), gamma, made_by)
