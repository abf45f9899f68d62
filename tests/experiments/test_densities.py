"""The kernel density beside a network: fitted once, read again, and refused under other weights."""

import pytest
import torch
from chapters.reverse_cross_entropy.ten_images import dataset, network

from robustlib.experiments.densities import density_path, fitted_density, load_density
from robustlib.experiments.results import checkpoint_path


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ROBUSTLIB_CHECKPOINTS", str(tmp_path))


def test_it_is_saved_beside_the_network_and_used_again():
    fitted = fitted_density("ten", network(), dataset(), 2.6)
    assert density_path("ten").parent == checkpoint_path("ten", 0).parent and fitted.gamma == 2.6
    assert torch.equal(fitted.centres, torch.eye(3)) and fitted.label.tolist() == [0, 1, 2]
    before = density_path("ten").read_bytes()
    assert torch.equal(fitted_density("ten", network(), dataset(), 0.5).centres, fitted.centres)
    assert density_path("ten").read_bytes() == before and load_density("ten", network(), 0.5).gamma == 0.5


def test_other_weights_are_refused_and_fitted_anew():
    fitted_density("ten", network(), dataset(), 1.0)
    other = network()
    other.head.weight.data[0, 0] = 3.0
    with pytest.raises(ValueError, match="another model"):
        load_density("ten", other)
    fitted_density("ten", other, dataset(), 1.0)
    assert load_density("ten", other).gamma == 1.0
    with pytest.raises(ValueError, match="another model"):
        load_density("ten", network())
