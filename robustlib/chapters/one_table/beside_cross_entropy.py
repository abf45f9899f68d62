"""Does a loss keep more than cross-entropy alone? Image by image, for the methods that never see an attacked image."""

from collections.abc import Sequence

from robustlib.chapters.one_table import readings
from robustlib.chapters.one_table.methods import BY_KEY, METHODS, RADII
from robustlib.evaluation import Cell, Table
from robustlib.experiments.paired_differences import difference
from robustlib.experiments.quantities import Quantity

PLAIN = METHODS[0].key
UNSEEN = tuple(m.key for m in METHODS if not m.attacked and m.key != PLAIN)
MORE, LESS, NEITHER = "more", "less", "not told apart"


def against(key: str, other: str = PLAIN, eps: float = RADII[0]) -> dict[int, Quantity]:
    """By seed, how many points more the method keeps than the other, on the same images; where both were run."""
    found = {}
    for seed in readings.seeds(key):
        apart = difference(readings.worst_of(key, eps, seed), readings.worst_of(other, eps, seed))
        if apart is not None:
            found[seed] = apart
    return found


def verdict(apart: Sequence[Quantity]) -> str:
    """More or less, where the interval of every seed says so; else not told apart. Raises: ValueError for no seed."""
    if not apart:
        raise ValueError("nothing is told apart without a seed that both networks have")
    if all(one.low > 0 for one in apart):
        return MORE
    return LESS if all(one.high < 0 for one in apart) else NEITHER


def told(which: str, eps: float = RADII[0]) -> list[str] | None:
    """The labels of the methods with this verdict beside cross-entropy; None while one of them waits."""
    found = {key: list(against(key, eps=eps).values()) for key in UNSEEN}
    if not all(found.values()):
        return None
    return [BY_KEY[key].label for key, apart in found.items() if verdict(apart) == which]


def by_seed(eps: float = RADII[0]) -> list[str] | None:
    """The labels of the methods of which one seed alone would say another thing than the next; None while one of them
    waits for its second seed.
    """
    found = {key: list(against(key, eps=eps).values()) for key in UNSEEN}
    if not all(len(apart) > 1 for apart in found.values()):
        return None
    return [BY_KEY[key].label for key, apart in found.items() if len({verdict([one]) for one in apart}) > 1]


def beside_cross_entropy() -> Table:
    """For each method and seed the paired difference from cross-entropy at the smallest radius."""
    cells, images = [], set[int]()
    for key in UNSEEN:
        apart = against(key)
        for seed in readings.seeds(key):
            one = apart.get(seed)
            ends = (None, None, None, None) if one is None else (one.value, one.low, one.high, one.n)
            images |= {one.n} if one and one.n else set()
            if one is not None or seed == readings.seeds(key)[0]:
                cells.append(Cell(BY_KEY[key].label, f"seed {seed}", None, *ends))
    n = " or ".join(map(str, sorted(images))) or "none yet of the"
    return Table(
        "Points of accuracy that a method keeps beyond cross-entropy of the same seed, in the worst case at "
        f"{RADII[0]:g} (L-infinity). n = {n} official test images, pair by pair; 95 % intervals of Agresti and Min.",
        tuple(cells),
    )


def listed(labels: Sequence[str]) -> str:
    """The labels as words: "none", "*A*", "*A* and *B*", "*A*, *B* and *C*"."""
    marked = [f"*{label}*" for label in labels]
    return " and ".join([", ".join(marked[:-1]), marked[-1]] if len(marked) > 2 else marked) or "none"
