"""The rows of which the chapter's sentences speak. A network is called by its row: "softmax", "ours", "joint-pgd".

Where a network has several seeds a reading is their mean, between the least and the most; else it is the one row. One
that was not run is None, and cannot be said.
"""

from robustlib.chapters.robust_representations import tables
from robustlib.chapters.robust_representations.tables import SEPARATION, WORST
from robustlib.experiments import Row, holds, maybe, printed, select, stored_rows
from robustlib.experiments.row_unions import over_seeds

AUTO = "AutoAttack"
BIG, SMALL = "rr-convnet", "rr-lenet"  # the report's network, and the LeNet that has seeds


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


def beside_pgd(term: str, eps: float = 0.2) -> Row | None:
    """A LeNet of the chapter on AT2L, trained on PGD's images of this radius, under APGD-T there, by its term: "none"
    without a triplet, "rr" with this report's, "rr-stopped" with its stop-gradient too.
    """
    return over_seeds(select(stored_rows(f"at2l-mnist-pgd-{eps:g}-{term}", "paired"), attack="APGD-T", eps=eps))


def published() -> tuple[float, float]:
    """What AutoAttack leaves of Madry et al.'s network and of Mao et al.'s on CIFAR-10 at 8/255, as listed."""
    without, with_it = (float(line["value"]) / 100 for line in printed("at2l", "tla") if line["attack"])
    return without, with_it


def order(first: Row | None, second: Row | None) -> str:
    """How the first compares with the second, by the words of `holds`: "more than", "less than", or neither."""
    if first is None or second is None:
        return "not run"
    for words in ("more than", "less than"):
        try:
            holds(words, first, second)
        except AssertionError:
            continue
        return words
    return "neither more nor less, by the intervals, than"
