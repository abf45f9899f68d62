"""How the networks of the one table are judged: the suite, their own attack, the nearest wrong image, and the cost."""

from collections.abc import Iterator
from typing import Any

from robustlib.chapters.one_table import on_cifar10, own
from robustlib.chapters.one_table.distance_and_cost import DistanceAndCost
from robustlib.chapters.one_table.methods import METHODS, PREFIX, RADII, Method
from robustlib.chapters.one_table.oracles import two_step
from robustlib.chapters.one_table.own import Own
from robustlib.chapters.one_table.runs import LONGER, SEEDS
from robustlib.experiments import Measurement
from robustlib.experiments.standard_suite import IMAGES, StandardSuite

N = IMAGES["mnist"][0]
HANDED: dict[str, dict[str, Any]] = {
    "rce": {"handed": own.means},
    "dundi": {"handed": own.smooth},  # it restarts five times by itself
    "madnet": {"handed": own.means},
    "pcl": {"handed": own.prototypes},
    "rr": {"handed": own.means},
    "at2l": {"handed": own.negatives, "restarts": 5},
}


def judged(
    method: Method, prefix: str = PREFIX, radii: tuple[float, ...] = RADII, n: int = N, priority: float = 3.7
) -> Iterator[Measurement]:
    """What is measured on the network of one method."""
    network = prefix + method.key
    read: dict[str, Any] = {"target": two_step, "defense": method.defense} if method.defense else {}
    rest: dict[str, Any] = {"n": n, "seeds": SEEDS}
    yield Measurement(network, "standard", StandardSuite(radii, **read), priority=priority + 0.2, **rest)
    if method.own:
        attack = Own(method.own, **HANDED[method.key], **read, radii=radii)
        yield Measurement(network, "own", attack, priority=priority + 0.1, **rest)
    yield Measurement(network, "distance-and-cost", DistanceAndCost(**read), priority=priority, **rest)


MEASUREMENTS = (
    *(measurement for method in METHODS for measurement in judged(method)),
    *(Measurement(e.name, "standard", StandardSuite(RADII), N, e.seeds, e.priority) for e in LONGER),
    *(
        measurement
        for method in METHODS
        for measurement in judged(method, on_cifar10.PREFIX, on_cifar10.RADII, IMAGES["cifar10"][0], 1.2)
    ),
)
