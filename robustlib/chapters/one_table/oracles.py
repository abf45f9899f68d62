"""DunDi's network as its authors read it: two steps over ten stored examples of each class, and by the exact rule."""

from robustlib.experiments.features import features_of
from robustlib.experiments.measurement import Subject
from robustlib.models import Classifier, NearestOracles, TwoStep, draw_oracles

N, M, K = 10, 3, 5  # oracles of a class; of step 1; classes that step 1 keeps (Cui et al. 2019, algorithm 1)


def two_step(on: Subject) -> Classifier:
    """The network under algorithm 1, on one draw of ten oracles a class from all training images."""
    return _read(on, TwoStep)


def exact(on: Subject) -> Classifier:
    """The same oracles, all of them compared with every image: what has a gradient everywhere."""
    return _read(on, NearestOracles)


def _read(on: Subject, rule: type[NearestOracles]) -> Classifier:
    z, y = features_of(on.model, on.dataset.train, len(on.dataset.train))
    classes, (z_oracle, y_oracle) = len(on.dataset.classes), draw_oracles(z, y, N, 0)
    steps = {"m": M, "k": min(K, classes)} if rule is TwoStep else {}
    return Classifier(on.model.body, rule(z_oracle, y_oracle, classes, **steps)).eval()
