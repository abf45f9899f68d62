"""What the training of each method cost, beside cross-entropy: in passes of an image, and in seconds."""

from robustlib.chapters.one_table import readings
from robustlib.chapters.one_table.distance_and_cost import PASSES
from robustlib.chapters.one_table.methods import BY_KEY, METHODS
from robustlib.experiments import maybe, training


def cost(key: str) -> float | None:
    """Passes of an image in the whole training, those of the network that it tunes with it, as a multiple of those of
    cross-entropy. Every epoch has as many steps.
    """
    own_passes, unit = (
        maybe(readings.rows(k, "distance-and-cost", readings.seeds(k)[0]), metric=PASSES) for k in (key, METHODS[0].key)
    )
    before = cost(BY_KEY[key].after) if BY_KEY[key].after else 0.0
    if own_passes is None or unit is None or before is None or not unit.value or own_passes.value is None:
        return None
    return own_passes.value / unit.value + before


def seconds(key: str) -> float | None:
    """What the training of its first seed took, and that of the network that it tunes, on the machine it ran on."""
    found = training(BY_KEY[key].network, readings.seeds(key)[0])
    before = seconds(BY_KEY[key].after) if BY_KEY[key].after else 0.0
    return None if found is None or before is None else found["seconds"]["train"] + before
