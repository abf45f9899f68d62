"""How the classes of a network lie in its embedding, and how fast that moves: margin, Jacobian and their ratio."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from robustlib.evaluation import distortion_bound
from robustlib.experiments.detector_rows import clean_row, share_row
from robustlib.experiments.features import features_of
from robustlib.experiments.measurement import Findings, Subject
from robustlib.experiments.rows import Row
from robustlib.geometry import float64
from robustlib.gradient import evaluating, input_gradient, search_logits
from robustlib.interfaces import Features, Images, Labels, PerExample
from robustlib.losses import cluster_distance, cross_entropy, label_smoothing, reduce_variance
from robustlib.models import Classifier

PLAIN, SMOOTHED = "cross-entropy", "cross-entropy with smoothed labels"  # the loss, in the column `attack`


@dataclass(frozen=True)
class Geometry:
    """Margin, Jacobian, ratio and clusters of the test images' embedding, and the gradients of two losses.

    Lengths of the embedding are in its own unit, so that only ratios compare networks. Where the network moves nothing
    the ratio is infinite, and such images stand in the medians as the largest.
    Source: Rozenberg et al. 2020 (MadNet), sections 2 and 3, figures 1a and 2, appendix F.
    """

    images: int = 200  # of the exact Jacobian, one backward for each feature
    drawn: int = 400  # of the t-SNE
    perplexity: float = 30.0
    alpha: float = 0.8  # the true class's share in the smoothed label

    def __call__(self, on: Subject) -> Findings:
        x, y = on.dataset.test[: on.n]
        z, _ = features_of(on.model, on.dataset.test, on.n)
        with torch.no_grad():
            right = on.model.head(z).argmax(1) == y
        few = distortion_bound(on.model, x[: self.images], y[: self.images], among=(x, y))
        margins = to_other_classes(z, y)
        rows = [
            clean_row(right),
            Row("eta", digits(margins.min().item()), len(y)),
            middle_row("margin", margins),
            middle_row("Jacobian norm", few.jacobian),
            middle_row("margin over Jacobian", few.bound),
            *cluster_rows(z, y, self.drawn, self.perplexity),
        ]
        for name, alpha in ((PLAIN, 1.0), (SMOOTHED, self.alpha)):
            rows += gradient_rows(gradient_norms(on.model, x, y, alpha), name)
        return Findings(rows)


def to_other_classes(z: Features, y: Labels) -> PerExample:
    """The distance of each embedding to the nearest of another class: eta is the least. Shapes: (n, d), (n,) -> (n,).

    Source: Rozenberg et al. 2020 (MadNet), equation 3, for one image. inf where there is no other class.
    """
    z = float64(z)
    y = y.to(z.device)
    apart = torch.cdist(z, z, compute_mode="donot_use_mm_for_euclid_dist")
    return apart.masked_fill(y[:, None] == y[None], torch.inf).amin(1)


def cluster_rows(z: Features, y: Labels, drawn: int, perplexity: float) -> list[Row]:
    """Width, distance and Davies-Bouldin index of the classes, with the map and the centres' distances as series."""
    from sklearn.metrics import davies_bouldin_score

    series = {"centroids": centre_distances(z, y)} if len(y.unique()) <= 10 else {}
    index, map_ = (
        davies_bouldin_score(z.cpu().numpy(), y.cpu().numpy()),
        embedding_map(z[:drawn], y[:drawn], perplexity),
    )
    return [
        Row("Davies-Bouldin index", digits(float(index)), len(y), series={"map": map_}),
        Row("cluster variance", digits(reduce_variance(z, y).item()), len(y)),
        Row("cluster distance", digits(cluster_distance(z, y).item()), len(y), series=series),
    ]


def embedding_map(z: Features, y: Labels, perplexity: float) -> dict[str, Any]:
    """Embeddings drawn to the plane by t-SNE: x, y and label of each."""
    from sklearn.manifold import TSNE

    wide = min(perplexity, (len(z) - 1) / 3)
    at = TSNE(perplexity=wide, init="pca", random_state=0).fit_transform(z.cpu().numpy()).astype(float)
    there = {"x": at[:, 0].round(1).tolist(), "y": at[:, 1].round(1).tolist()}
    return there | {"label": y.tolist(), "perplexity": wide}


def centre_distances(z: Features, y: Labels) -> list[list[float]]:
    """Euclidean distances between the means of the classes present, in the order of their labels (figure 1a)."""
    z = float64(z)
    means = torch.stack([z[y.to(z.device) == c].mean(0) for c in y.unique().tolist()])
    return [[digits(v) for v in row] for row in torch.cdist(means, means).tolist()]


def gradient_norms(model: Classifier, x: Images, y: Labels, alpha: float, batch: int = 250) -> PerExample:
    """The L2 norm of the loss's gradient in the pixels, with a share alpha of the label on the true class."""
    norms = []
    with evaluating(model):
        for images, labels in zip(x.split(batch), y.split(batch), strict=True):

            def scores(moved: Images, labels: Labels = labels) -> tuple[Tensor, Tensor]:
                logits = search_logits(model, moved)
                return logits, cross_entropy(logits, labels) if alpha == 1 else label_smoothing(logits, labels, alpha)

            norms.append(float64(input_gradient(scores, images)[1]).flatten(1).norm(dim=1))
    return torch.cat(norms)


def gradient_rows(norms: PerExample, loss: str) -> list[Row]:
    """Their mean, with the quartiles in the series, and the share that is exactly zero."""
    quartiles = [digits(v) for v in norms.quantile(norms.new_tensor([0.25, 0.5, 0.75])).tolist()]
    return [
        Row("gradient norm", digits(norms.mean().item()), len(norms), attack=loss, series={"quartiles": quartiles}),
        share_row("zero gradients", int((norms == 0).sum()), len(norms), attack=loss),
    ]


def middle_row(metric: str, values: PerExample, **columns: Any) -> Row:
    """Median and middle half, each the nearest of the values; no number where there is none, or it is infinite."""
    if len(values) == 0:
        return Row(metric, None, 0, **columns)
    ordered = values.sort().values
    low, middle, high = (ordered[round(q * (len(values) - 1))].item() for q in (0.25, 0.5, 0.75))
    if high == torch.inf:
        return Row(metric, None if middle == torch.inf else digits(middle), len(values), **columns)
    return Row(metric, digits(middle), len(values), digits(low), digits(high), **columns)


def digits(value: float, count: int = 4) -> float:
    """So many significant digits."""
    return float(f"{value:.{count}g}")
