"""Training on features that are stored once, where the network below them stays as it is."""

import pytest
import torch

from robustlib.datasets import FeatureSplit, Triplets, load
from robustlib.models import distance_network, frozen_parts, lenet1, lenet5
from robustlib.objectives import DunDi
from robustlib.training import SGD, fit


def test_training_on_stored_features_is_training_on_images():
    few = load("mnist_5k")
    train, test = few.train.subset(slice(200)), few.test.subset(slice(8))
    torch.manual_seed(0)
    model = distance_network(lenet5(), frozen=True)
    twin = distance_network(lenet5(), frozen=True)
    twin.load_state_dict(model.state_dict())
    part, trained = frozen_parts(model)
    with torch.no_grad():
        z = part.eval()(train[:][0])
    stored = FeatureSplit(z[:, :, None, None], train.y, "stored")
    # Not Adam: it divides a gradient by its size, so that the last digit of a gradient near zero moves a weight by a
    # whole step, another way on every CPU (1.0e-3 to 1.5e-3 apart after these eight). SGD leaves rounding small.
    settings = {"optimizer": SGD(0.5), "epochs": 2, "progress": False}
    x = test[:][0]
    before = model.eval().features(x)
    for network, split in ((trained, stored), (twin, train)):
        torch.manual_seed(1)
        fit(network, Triplets(25, tuples=100, seed=0)(split), DunDi(), **settings)
    trained_on_features = model.eval().features(x)
    assert (trained_on_features - before).abs().max() > 0.01, "the training moved nothing: equality says nothing"
    torch.testing.assert_close(trained_on_features, twin.eval().features(x), rtol=0, atol=1e-6)  # found: 4e-8
    with pytest.raises(TypeError, match="frozen=True"):
        frozen_parts(distance_network(lenet1()))


@pytest.mark.bad_input
def test_bad_features():
    y = torch.tensor([0, 1])
    for x, words in (
        (torch.zeros(2, 3, 2, 1), r"float32 \(n, d, 1, 1\)"),
        (torch.zeros(2, 3, 1, 1, dtype=torch.float64), "float64"),
        (torch.full((2, 3, 1, 1), float("nan")), "NaN or infinite"),
    ):
        with pytest.raises(ValueError, match=words):
            FeatureSplit(x, y, "stored")
    with pytest.raises(ValueError, match="one label per image"):
        FeatureSplit(torch.zeros(3, 3, 1, 1), y, "stored")
    stored = FeatureSplit(torch.rand(2, 3, 1, 1), y, "stored")
    assert torch.equal(stored[1][0], stored.x[1:]) and isinstance(stored.subset([0]), FeatureSplit)
