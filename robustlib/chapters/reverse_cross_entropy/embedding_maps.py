"""A network's features of test images drawn to the plane by t-SNE, and how wide and how flat its classes are."""

from dataclasses import dataclass
from typing import Any

import torch

from robustlib.experiments.detector_rows import clean_row
from robustlib.experiments.features import features_of
from robustlib.experiments.measurement import Findings, Subject
from robustlib.experiments.rows import Row
from robustlib.geometry import float64
from robustlib.interfaces import Features, Labels


@dataclass(frozen=True)
class EmbeddingMap:
    """Pang et al. 2018, figures 1b and 1c: PCA to 60 axes, then t-SNE; and the spectrum of each class on the way."""

    components: int = 60  # of the PCA before
    perplexity: float = 30.0

    def __call__(self, on: Subject) -> Findings:
        from sklearn.decomposition import PCA
        from sklearn.manifold import TSNE

        z, y = features_of(on.model, on.dataset.test, on.n)
        flat = PCA(min(self.components, z.shape[1]), random_state=0).fit_transform(z.cpu().numpy())
        at = TSNE(perplexity=self.perplexity, init="pca", random_state=0).fit_transform(flat)
        drawn: dict[str, Any] = {"components": flat.shape[1], "perplexity": self.perplexity, "label": y.tolist()}
        drawn |= {"x": at[:, 0].round(1).tolist(), "y": at[:, 1].round(1).tolist()}
        with torch.no_grad():
            right = on.model.head(z).argmax(1) == y
        return Findings([clean_row(right), spectrum_row(z, y, len(on.dataset.classes), map=drawn)])


def spectrum_row(z: Features, y: Labels, classes: int, **series: Any) -> Row:
    """Of the features within a class, averaged over classes: the participation ratio, i.e. on how many axes a class is
    spread out, and as a series the share of variance on each principal axis.
    """
    shares, ratios = [], []
    for c in range(classes):
        own = z[y == c]
        variance = torch.linalg.svdvals(float64(own - own.mean(0))).square()
        shares.append(variance / variance.sum())
        ratios.append((variance.sum().square() / variance.square().sum()).item())
    mean = torch.stack([s[: min(map(len, shares))] for s in shares]).mean(0)
    series["variance shares"] = [round(v, 5) for v in mean.tolist()[:12]]
    return Row("participation ratio", round(sum(ratios) / len(ratios), 3), len(z), series=series)
