"""Two of the four ImageNet networks of the randomisation defence, as torchvision has them."""

from typing import Any

from torch import nn

from robustlib.models.classifier import Classifier, Normalize

HALF = (0.5,) * 3  # Inception reads pixels in [-1, 1]
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
NETWORKS = {"inception_v3": (HALF, HALF), "resnet101": (IMAGENET_MEAN, IMAGENET_STD)}
ABSENT = ("inception_resnet_v2", "ens_adv_inception_resnet_v2")  # of the papers; torchvision has neither


def imagenet_network(name: str, weights: str | None = None) -> Classifier:
    """Inception-v3 or ResNet-101 for images in [0, 1] of about 299 pixels a side; features (n, 2048).

    With `weights="DEFAULT"` torchvision fetches its trained ones; None: random ones. Both end in a global average, so
    that `randomised(model, 299, 310, 331)` needs no training.

    Departures: the papers' ResNet-v2-101 has its activations before the convolutions, torchvision's after. Their
    Inception-ResNet-v2 and its adversarially trained form are not in torchvision.
    Source: Xie et al. 2018; Li et al. 2019, table 2.
    Raises: ValueError for another network; ImportError without torchvision.
    """
    if name not in NETWORKS:
        known = f"one of {', '.join(NETWORKS)}"
        absent = "; torchvision does not have it" if name in ABSENT else ""
        raise ValueError(f"the network must be {known}, got {name!r}{absent}")
    from torchvision import models

    options: dict[str, Any] = {"weights": weights}
    if name == "inception_v3":
        options |= {"aux_logits": True, "init_weights": False, "transform_input": False}
    network = models.get_model(name, **options)
    layers = {part: child for part, child in network.named_children() if part not in ("fc", "AuxLogits")}
    body = nn.Sequential(Normalize(*NETWORKS[name]), *layers.values(), nn.Flatten())
    assert isinstance(network.fc, nn.Linear)
    return Classifier(body, network.fc)
