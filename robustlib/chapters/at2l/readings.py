"""The rows of which the chapter's sentences speak. What was not run is None, and cannot be said.

A network is called by where it stands: a table of the supplement and "gradient-at2l" (attack set and method, after the
last outer iteration), or a setting of the comparison and its term: ("4", "gradient-at2l"), ("mnist 0.2", "tla").
"""

from dataclasses import replace
from typing import Literal

from robustlib.chapters.at2l import adaptive_tables, tables
from robustlib.chapters.at2l.adaptive_tables import AUTO, radius
from robustlib.chapters.at2l.comparison_tables import APGDT, PAIRS, TERMS, apart, rows_of
from robustlib.chapters.at2l.tables import ROUNDS, TABLES
from robustlib.experiments.quantities import Quantity, quantity
from robustlib.experiments.row_unions import over_seeds, together, within
from robustlib.experiments.rows import Row, maybe, select
from robustlib.experiments.stored import stored_rows

WORST = "worst case of all attacks"  # of `worst`, in the column `attack`
KINDS = ("standard", "adaptive", "paired", "known", "unknown")  # all on the first test images


def name_of(of: str, which: str) -> str:
    """The name of a network: "at2l-mnist-a-known-gradient-at2l-3". Raises: LookupError where none is planned."""
    name = PAIRS[of][0] + which if of in PAIRS else f"{TABLES[of][0]}-{which}-{ROUNDS[-1]}"
    if name not in adaptive_tables.networks(of):
        raise LookupError(f"{of!r} has no network {which!r}; it has {', '.join(adaptive_tables.networks(of))}")
    return name


def iteration(
    table: str, attack_set: str, method: str, number: int, attack: str = "FGSM", *, static: bool = False
) -> Row | None:
    """The accuracy after an outer iteration, attacked itself or, static, by what was made on the undefended network."""
    return tables.row_of(table, attack_set, method, number, attack, static)


def error(row: Row | None) -> Quantity | None:
    """An accuracy as the error that the paper prints: what is left to 1; the ends of the interval change places."""
    if row is None or row.value is None:
        return None
    q = quantity(row, row.said)
    paper = None if q.reported is None else 1 - q.reported
    return replace(q, value=1 - q.value, low=1 - q.high, high=1 - q.low, label=f"error: {q.label}", reported=paper)


def term(setting: str, name: str, attack: str = APGDT) -> Row | None:
    """The accuracy of a term of the comparison, clean ("") or under APGD-T: the mean of its seeds, between the least
    and the most; of one seed with its interval over images.
    """
    return over_seeds(rows_of(setting, name, attack))


def gain(setting: str, name: str, over: Literal["images", "seeds", "wider"] = "wider") -> Quantity | None:
    """What a term adds to the accuracy under APGD-T without a triplet, in points, with one of its 95 % intervals.

    None where one of both was not run, and over seeds where there is one seed.
    """
    found = apart(setting, name)
    half = None if found is None else {"images": found.images, "seeds": found.seeds, "wider": found.half}[over]
    if found is None or half is None:
        return None
    value, half = 100 * found.value, 100 * half
    words = f"{TERMS[name]} less no triplet, {setting}, points"
    return Quantity(value, value - half, value + half, words, found.n)


def curvature(of: str, which: str, metric: str = "curvature") -> Row | None:
    """ "curvature", "relative curvature", "gradient norm": medians; "common shift": a share of a variance."""
    return maybe(stored_rows(name_of(of, which), "curvature", 0), metric=metric)


def swept(weight: str = "", attack: str = "FGSM", *, static: bool = False) -> Row | None:
    """The accuracy after one iteration on the gradient set of table 4 with one weight changed ("lambda2 5"), or none.

    Raises: LookupError for a weight that is not swept.
    """
    prefix, kind, _, target = TABLES["4"]
    known = {f"{k} {v:g}": f"{k}-{v:g}-" for k, values in adaptive_tables.SWEEP.items() for v in values} | {"": ""}
    if weight not in known:
        raise LookupError(f"swept are {', '.join(known)}; got {weight!r}")
    rows = stored_rows(f"{prefix}-gradient-at2l-{known[weight]}1", kind, 0)
    return maybe(rows, metric="accuracy", attack=attack, source=target if static and attack else "")


def adaptive(of: str, which: str, attack: str = WORST) -> Row | None:
    """The accuracy under one attack of someone who knows the defence, under the suite's AutoAttack, or `worst`."""
    if attack == WORST:
        return worst(of, which)
    if attack == AUTO:
        return adaptive_tables.auto_attack(of, name_of(of, which))
    return maybe(stored_rows(name_of(of, which), "adaptive", 0), metric="accuracy", attack=attack)


def worst(of: str, which: str) -> Row | None:
    """What is left where per image the worst of all attacks inside the ball counts: those of `adaptive`, the suite with
    AutoAttack, APGD-T of the comparison and the static ones, on the first images that all of them met. Of seed 0.

    None unless both the adaptive attacks and AutoAttack were there.
    """
    name, eps = name_of(of, which), radius(of)
    rows = select([r for kind in KINDS for r in stored_rows(name, kind, 0)], metric="accuracy", norm="Linf", images="")
    inside = [row for row in rows if row.bits and within(row, eps)]
    at = select(inside, eps=eps)
    if not select(at, measurement="adaptive") or not select(at, attack=AUTO):
        return None
    return together([*at, *inside], WORST, eps)
