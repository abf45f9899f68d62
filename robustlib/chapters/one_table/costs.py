"""What the training of each method cost, beside cross-entropy, in passes of an image."""

from robustlib.chapters.one_table import readings
from robustlib.chapters.one_table.distance_and_cost import PASSES
from robustlib.chapters.one_table.methods import BY_KEY, METHODS
from robustlib.experiments import maybe


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
