"""The margin attack that a reader may change is the library's, image by image."""

import torch

import robustlib.chapters  # noqa: F401 (they join the registry)
from robustlib.attacks import PGD
from robustlib.chapters.dundi.from_scratch import margin_pgd
from robustlib.datasets import load
from robustlib.experiments import load_model, one_image
from robustlib.losses import margin
from robustlib.models import Classifier, NearestOracles


def test_by_hand_as_in_the_library() -> None:
    net = load_model("dundi-mnist-r1")
    x, y = load("mnist_5k").test[:24]
    oracles = NearestOracles(net.features(x[4:]), y[4:], classes=10)
    model = Classifier(net.body, oracles).eval()
    network = one_image("dundi-mnist-r1", model)
    assert set(network.extra) == {"head.oracles", "head.share"}
    images, labels = x[:4], y[:4]
    made = [margin_pgd(network, image, int(label), 0.1) for image, label in zip(images[:, 0], labels, strict=True)]
    wanted = PGD(0.1, steps=10, random_start=False, loss=margin)(model, images, labels)
    assert (torch.stack(made) - wanted[:, 0]).abs().max() < 1e-5
