"""A network's features of test images drawn to the plane by t-SNE, and how wide and how flat its classes are."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from robustlib.evaluation import Outcome
from robustlib.experiments.experiment import Measured
from robustlib.experiments.heads import features_of
from robustlib.geometry import float64
from robustlib.interfaces import Features, Labels
from robustlib.models.classifier import Classifier


@dataclass(frozen=True)
class EmbeddingMap:
    """Pang et al. 2018, figures 1b and 1c: PCA to 60 axes, then t-SNE; and the spectrum of each class on the way."""

    components: int = 60  # of the PCA before
    perplexity: float = 30.0

    def __call__(self, model: Classifier, dataset: Any, n: int, folder: Path) -> Measured:
        from sklearn.decomposition import PCA
        from sklearn.manifold import TSNE

        z, y = features_of(model, dataset.test, n)
        flat = PCA(min(self.components, z.shape[1]), random_state=0).fit_transform(z.cpu().numpy())
        at = TSNE(perplexity=self.perplexity, init="pca", random_state=0).fit_transform(flat)
        facts = {"x": at[:, 0].round(1).tolist(), "y": at[:, 1].round(1).tolist(), "label": y.tolist()}
        facts |= {"spectrum": spectrum(z, y, len(dataset.classes))}
        right = model.head(z).argmax(1) == y
        outcome = Outcome(right.cpu(), *(torch.zeros(n),) * 2, 0.0)
        return Measured({"clean": outcome}, facts | {"components": flat.shape[1], "perplexity": self.perplexity}, {})


def spectrum(z: Features, y: Labels, classes: int) -> dict[str, Any]:
    """Of the features within a class, averaged over classes: the share of variance on each principal axis, and the
    participation ratio, i.e. on how many axes a class is spread out.
    """
    shares, ratios = [], []
    for c in range(classes):
        own = z[y == c]
        variance = torch.linalg.svdvals(float64(own - own.mean(0))).square()
        shares.append(variance / variance.sum())
        ratios.append((variance.sum().square() / variance.square().sum()).item())
    mean = torch.stack([s[: min(map(len, shares))] for s in shares]).mean(0)
    return {"share": [round(v, 5) for v in mean.tolist()[:12]], "axes": round(sum(ratios) / len(ratios), 3)}
