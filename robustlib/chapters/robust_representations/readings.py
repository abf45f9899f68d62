"""The rows of which the chapter's sentences speak. A network is called by its row: "softmax", "ours", "joint-pgd".

Where a network has several seeds a reading is their mean, between the least and the most; else it is the one row. One
that was not run is None, and cannot be said.
"""

from robustlib.chapters.robust_representations import tables
from robustlib.chapters.robust_representations.tables import SEPARATION, WORST
from robustlib.experiments import Row, maybe, printed, select, stored_rows
from robustlib.experiments.readings import percent
from robustlib.experiments.relations import broken_relation
from robustlib.experiments.row_unions import over_seeds

AUTO = "AutoAttack"
BIG, SMALL = "rr-convnet", "rr-lenet"  # the report's network, and the LeNet that has seeds
COLOURS = 8 / 255  # the radius of AT2L's chapter on CIFAR-10
NOT_APART = "not told apart, by the intervals, from"


def under(row: str, attack: str, defense: str = "", network: str = BIG) -> Row:
    """The accuracy of seed 0 under one attack at eps 0.3; "" for clean images, "worst case" for all of the chapter's.
    Raises: LookupError where it was not measured.
    """
    return tables.find(f"{network}-{row}", attack=attack, defense=defense)


def swept(row: str, eps: float, attack: str = WORST, network: str = SMALL) -> Row | None:
    """The accuracy in the sweep at a radius, over the seeds."""
    rows = select(stored_rows(f"{network}-{row}", "sweep"), metric="accuracy", attack=attack, eps=eps)
    return over_seeds(rows)


def of_every_seed(row: str, eps: float, attack: str = WORST, network: str = SMALL) -> list[Row]:
    """The same, seed by seed, in their order."""
    rows = select(stored_rows(f"{network}-{row}", "sweep"), metric="accuracy", attack=attack, eps=eps)
    return sorted(rows, key=lambda found: found.seed or 0)


def separation(row: str, network: str = SMALL) -> Row | None:
    """Distance between class centres in units of a cluster's width, of training images, over the seeds."""
    return over_seeds(select(stored_rows(f"{network}-{row}", "attacked"), metric=SEPARATION))


def suite(row: str, eps: float, attack: str = AUTO, network: str = SMALL) -> Row | None:
    """The accuracy of seed 0 in the standard suite, which is the same for every network of the book."""
    rows = select(stored_rows(f"{network}-{row}", "standard", 0), metric="accuracy", attack=attack, eps=eps)
    return maybe(rows)


def joint(row: str, eps: float, network: str = SMALL) -> Row | None:
    """The accuracy of seed 0 in the sweep under the worse of the two attacks: the seed that all networks have."""
    rows = select(stored_rows(f"{network}-{row}", "sweep", 0), metric="accuracy", attack=WORST, eps=eps)
    return maybe(rows)


def beside_pgd(term: str, eps: float = 0.2) -> list[Row]:
    """The networks of the chapter on AT2L, seed by seed, trained on images attacked at this radius, under APGD-T there,
    by their term: "none" without a triplet, "rr" with this report's, "rr-stopped" with its stop-gradient too. 8/255 are
    the ResNets on CIFAR-10, of which seed 0 has all three; other radii the LeNets.
    """
    colours = eps == COLOURS
    name = f"at2l-cifar10-nfgsm-{term}" if colours else f"at2l-mnist-pgd-{eps:g}-{term}"
    rows = select(stored_rows(name, "paired", 0 if colours else None), attack="APGD-T", eps=eps)
    return sorted(rows, key=lambda found: found.seed or 0)


def spoken(rows: list[Row]) -> str:
    """Several seeds in words that no interval is mistaken for: "22.4 % (17.6 to 26.7 in 3 seeds)"; one as it is said.

    Raises: ValueError for no row.
    """
    found = over_seeds(rows)
    if found is None or found.value is None or found.low is None or found.high is None:
        raise ValueError(f"a network that was measured is wanted, got {len(rows)} rows without a number")
    if len(rows) == 1:
        return percent(found)
    return f"{100 * found.value:.1f}\u00a0% ({100 * found.low:.1f} to {100 * found.high:.1f} in {len(rows)} seeds)"


def published() -> tuple[float, float]:
    """What AutoAttack leaves of Madry et al.'s network and of Mao et al.'s on CIFAR-10 at 8/255, as listed."""
    without, with_it = (float(line["value"]) / 100 for line in printed("at2l", "tla") if line["attack"])
    return without, with_it


def order(first: Row | None, second: Row | None) -> str:
    """How the first compares with the second, by the words of `holds`: "more than", "less than", or not told apart."""
    if first is None or second is None:
        return "not run"
    for words in ("more than", "less than"):
        if not broken_relation(words, first, second):
            return words
    return NOT_APART
