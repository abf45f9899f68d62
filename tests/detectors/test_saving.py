"""A kernel density on disk: read back as it was, and never onto another model."""

from copy import deepcopy

import pytest
import torch
from attacks.targets import batch, network
from detectors.fitted import kernels
from safetensors.torch import load_file, save_file

from robustlib.detectors import KernelDensity, fingerprint
from robustlib.models import load_weights, save_weights


@pytest.fixture
def saved(tmp_path):
    detector = kernels(0.26)
    path = tmp_path / "deep" / "density.safetensors"
    detector.save(path)
    return detector, path


def test_round_trip(saved):
    detector, path = saved
    x = batch(detector.model, 8, seed=4)[0]
    other = KernelDensity.load(str(path), network())
    assert torch.equal(other.score(x), detector.score(x)) and other.gamma == 0.26
    assert torch.equal(KernelDensity.load(path, detector.model).at(3.0).score(x), detector.at(3.0).score(x))
    assert sorted(load_file(path)) == ["centres", "gamma", "label", "model"], "the model's weights are kept elsewhere"
    again = path.with_name("again")
    other.at(2.6).save(again)
    assert KernelDensity.load(again, network()).gamma == 2.6


def test_half_precision_halves_the_file_and_changes_little(saved):
    detector, path = saved
    half = path.with_name("half")
    detector.save(half, torch.float16)
    assert load_file(half)["centres"].dtype == torch.float16
    other, x = KernelDensity.load(half, detector.model), batch(detector.model, 8, seed=4)[0]
    assert other.centres.dtype == torch.float32 and other.gamma == 0.26
    torch.testing.assert_close(other.score(x), detector.score(x), rtol=0, atol=1e-2)
    assert not torch.equal(other.score(x), detector.score(x))


def test_a_float64_model_is_the_same_model(saved):
    detector, path = saved
    x = batch(detector.model, 8, seed=4)[0].double()
    other = KernelDensity.load(path, network().double())
    assert other.score(x).dtype == torch.float64
    torch.testing.assert_close(other.score(x), detector.score(x.float()).double(), rtol=1e-4, atol=1e-4)


def test_the_fingerprint_is_of_the_weights(tmp_path):
    model = network()
    print_of = fingerprint(model)
    assert len(print_of) == 64 and fingerprint(deepcopy(model).train().requires_grad_(False)) == print_of
    save_weights(model, tmp_path / "model")
    fresh = network()
    with torch.no_grad():
        fresh.head.bias[2] += 1e-3
    assert fingerprint(fresh) != print_of and fingerprint(load_weights(fresh, tmp_path / "model")) == print_of
    fresh.body[1].running_mean[0] += 1e-3
    assert fingerprint(fresh) != print_of, "batch statistics move the features as weights do"
    assert fingerprint(model.head) != print_of


def test_another_model_is_refused(saved):
    detector, path = saved
    other = network()
    with torch.no_grad():
        other.body[0].weight[0, 0, 0, 0] += 1e-3
    with pytest.raises(ValueError, match=r"density\.safetensors: fitted on another model.*weights differ"):
        KernelDensity.load(path, other)
    with pytest.raises(ValueError, match="fitted on another model"):
        KernelDensity.load(path, network(classes=5))
    detector.model.body[1].running_mean += 1
    with pytest.raises(ValueError, match="weights have changed since"):
        detector.save(path)


def test_damaged_and_foreign_files(saved):
    detector, path = saved
    tensors, whole = load_file(path), path.read_bytes()
    with pytest.raises(FileNotFoundError, match="no such detector"):
        KernelDensity.load(path.with_name("nothing"), detector.model)
    for spoilt in (whole[: len(whole) // 2], b"", b"not a file of tensors"):
        path.write_bytes(spoilt)
        with pytest.raises(ValueError, match="not a readable kernel density"):
            KernelDensity.load(path, detector.model)
    save_weights(detector.model, path)
    with pytest.raises(ValueError, match="not a readable kernel density"):
        KernelDensity.load(path, detector.model)
    for name, value in {"model": torch.zeros(3), "gamma": torch.zeros(2)}.items():
        save_file(tensors | {name: value}, path)
        with pytest.raises(ValueError, match="not a readable kernel density"):
            KernelDensity.load(path, detector.model)


def test_centres_too_large_for_half_precision(tmp_path):
    detector = kernels()
    detector.centres[0, 0] = 1e5
    with pytest.raises(ValueError, match="does not fit into torch.float16"):
        detector.save(tmp_path / "file", torch.float16)
    assert list(tmp_path.iterdir()) == []
