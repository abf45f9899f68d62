"""The views keep what they promise, and arrows start and end where the points are."""

from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from scipy.stats import spearmanr

from robustlib.figures import embedding, lda, pca, tsne

RNG = np.random.default_rng(0)
CENTRES = RNG.normal(size=(3, 8)) * 6
Y = np.repeat(np.arange(3), 20)
Z = CENTRES[Y] + RNG.normal(size=(60, 8))
Z_ADV = CENTRES[(Y[:5] + 1) % 3]


def test_pca_is_scikit_learns_up_to_sign() -> None:
    from sklearn.decomposition import PCA

    fitted = PCA(2).fit(Z)
    ours, ours_adv = pca(Z, Y, Z_ADV)
    for found, wanted in ((ours, fitted.transform(Z)), (ours_adv, fitted.transform(Z_ADV))):
        assert np.allclose(np.abs(found), np.abs(wanted), atol=1e-9)
    again, _ = pca(Z[:, ::-1].copy(), Y, Z_ADV)
    assert np.allclose(ours, again), "the sign is fixed by the largest weight, not by chance"


@pytest.mark.parametrize("view", [pca, lda, tsne])
def test_an_example_moved_onto_another_class_is_seen_there(view: Any) -> None:
    points, ends = view(Z, Y, Z_ADV)
    assert points.shape == (60, 2) and ends.shape == (5, 2)
    centres = np.stack([points[k == Y].mean(0) for k in range(3)])
    nearest = np.linalg.norm(ends[:, None] - centres, axis=2).argmin(1)
    assert (nearest == (Y[:5] + 1) % 3).all()


@pytest.mark.parametrize("view", [pca, lda, tsne])
def test_a_view_of_clean_points_only(view: Any) -> None:
    points, ends = view(Z, Y, np.empty((0, 8)))
    assert points.shape == (60, 2) and ends.shape == (0, 2)


def test_pca_keeps_far_points_far() -> None:
    points, _ = pca(Z, Y, Z_ADV)
    pairs = np.triu_indices(60, 1)
    flat = np.linalg.norm(points[:, None] - points, axis=2)[pairs]
    full = np.linalg.norm(Z[:, None] - Z, axis=2)[pairs]
    assert spearmanr(flat, full).statistic > 0.8


def test_arrows_lead_from_clean_to_adversarial(drawings: list[Figure]) -> None:
    made = embedding(torch.tensor(Z), torch.tensor(Y), torch.tensor(Z_ADV), (Y[:5] + 1) % 3, caption="c", arrows=3)
    ax = drawings[0].axes[0]
    points, ends = pca(Z, Y, Z_ADV)
    arrows = [text for text in ax.texts if getattr(text, "arrow_patch", None) is not None]
    assert len(arrows) == 3
    assert np.allclose([arrow.xyann for arrow in arrows], points[:3])
    assert np.allclose([arrow.xy for arrow in arrows], ends[:3])
    assert [line.get_marker() for line in ax.lines if str(line.get_marker()).startswith("$")] == ["$0$", "$1$", "$2$"]
    assert "60 clean points in 3 classes" in made.alt and "5 of 5 are misread" in made.alt


def test_what_does_not_belong_together() -> None:
    for z, y, z_adv in ((Z, Y[:5], None), (Z, Y, Z_ADV[:, :4]), (Z[:3], Y[:3], Z_ADV)):
        with pytest.raises(ValueError, match="do not belong together"):
            embedding(z, y, z_adv, caption="c")
