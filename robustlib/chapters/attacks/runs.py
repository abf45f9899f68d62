"""A network of no paper: a plain target on which the attacks are compared with those of other libraries."""

from robustlib.datasets import Augment, Batches
from robustlib.experiments import Experiment
from robustlib.models import Classifier, resnet
from robustlib.objectives import CrossEntropy
from robustlib.training import SGD, OneCycle


def resnet20() -> Classifier:
    """ResNet-20 for 32 x 32 colour images."""
    return resnet(20)


EXPERIMENTS = (
    Experiment(
        name="target-cifar-resnet20", label="ResNet-20, cross-entropy", dataset="cifar10", architecture="ResNet-20",
        training="cross-entropy", model=resnet20, sampler=Batches(128, augment=Augment()), objective=CrossEntropy(),
        optimizer=SGD(0.2, weight_decay=5e-4), epochs=6, schedule=OneCycle(), shipped=True, priority=2.0,
    ),
)  # fmt: skip
