"""ImageNet's networks as body and head, beside torchvision's own forward, on random weights."""

import pytest
import torch

from robustlib.models import imagenet_network, randomised

models = pytest.importorskip("torchvision.models")
MEAN, STD = (torch.tensor(c).reshape(1, 3, 1, 1) for c in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["inception_v3", "resnet101"])
def test_the_forward_is_torchvisions_on_normalised_images(name):
    torch.manual_seed(0)
    model = imagenet_network(name).eval()
    torch.manual_seed(0)
    options = {"init_weights": False} if name == "inception_v3" else {}
    theirs = models.get_model(name, **options).eval()
    x = torch.rand(2, 3, 96, 96)
    with torch.no_grad():
        normal = 2 * x - 1 if name == "inception_v3" else (x - MEAN) / STD
        expected = theirs(normal)
        torch.testing.assert_close(model(x), expected, rtol=1e-3, atol=1e-4 * expected.abs().max().item())
        assert model.features(x).shape == (2, 2048) and expected.shape == (2, 1000)
        assert randomised(model, 96, 99, 106).eval()(x).shape == (2, 1000)


@pytest.mark.bad_input
def test_networks_that_are_absent_are_named():
    with pytest.raises(ValueError, match="inception_v3, resnet101, got 'inception_resnet_v2'; torchvision does not"):
        imagenet_network("inception_resnet_v2")
    with pytest.raises(ValueError, match="got 'vgg16'"):
        imagenet_network("vgg16")
