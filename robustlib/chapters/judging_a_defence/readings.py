"""The rows of which the chapter's sentences and figures speak: the frauds under attack, and what the card said."""

from collections.abc import Mapping, Sequence

from robustlib.chapters.judging_a_defence.frauds import DETECTOR, FRAUDS, TRAINED, UNDEFENDED, radius
from robustlib.evaluation.card import CANNOT, FAILS
from robustlib.experiments.rows import Row, maybe, select
from robustlib.experiments.stored import stored_rows

PLAIN, ROBUST = "rr-lenet-softmax", "rr-lenet-softmax-pgd"
FOOLED, HONEST = "PGD", "PGD on the margin"
NAMES = (*FRAUDS, DETECTOR, UNDEFENDED, TRAINED)  # the columns of the matrix


def under(name: str, attack: str = FOOLED, eps: float | None = None) -> Row | None:
    """Robust accuracy behind a fraud under one of its two attacks, at its radius; an honest network under `HONEST`."""
    eps = radius(name) if eps is None else eps
    network, defense = (ROBUST if name == TRAINED else PLAIN), name if name in FRAUDS else ""
    return maybe(stored_rows(network, "frauds"), metric="accuracy", defense=defense, attack=attack, eps=eps)


def knowing(name: str, eps: float | None = None) -> Row | None:
    """The same under the attack that knows the fraud."""
    return under(name, FRAUDS[name].known_as, eps)


def clean(name: str) -> Row | None:
    """Its accuracy on clean images."""
    network, defense = (ROBUST if name == TRAINED else PLAIN), name if name in FRAUDS else ""
    return maybe(stored_rows(network, "frauds"), metric="accuracy", defense=defense, attack="")


def curve(name: str, attack: str = FOOLED) -> dict[float, Row]:
    """Robust accuracy by radius, in order; 0 is the clean accuracy. Empty where it was not run."""
    network, defense = (ROBUST if name == TRAINED else PLAIN), name if name in FRAUDS else ""
    rows = select(stored_rows(network, "frauds"), metric="accuracy", defense=defense, attack=attack)
    start = clean(name)
    found = {0.0: start} if start is not None and rows else {}
    return found | {row.eps: row for row in sorted(rows, key=lambda row: row.eps or 0.0) if row.eps is not None}


def cards(name: str) -> list[Row]:
    """The report cards of this fraud or network, one for each set of digits."""
    return select(stored_rows(ROBUST if name == TRAINED else PLAIN, "fraud-cards"), metric="accuracy", defense=name)


def convicted_by(card: Row) -> list[str]:
    """The checks of one card that fail, each with what was measured: "doubled steps (as stated: 3, ...)"."""
    checks: Sequence[Mapping[str, str]] = card.series["checks"]
    return [f"{check['name']} ({check['measured']})" for check in checks if check["verdict"] == FAILS]


def verdicts(name: str) -> dict[str, list[str]]:
    """What each check said, set by set, in the order of the card."""
    found: dict[str, list[str]] = {}
    for row in cards(name):
        checks: Sequence[Mapping[str, str]] = row.series["checks"]
        for check in checks:
            found.setdefault(check["name"], []).append(check["verdict"])
    return found


def fired(name: str) -> dict[str, int]:
    """On how many sets each check convicts."""
    return {check: said.count(FAILS) for check, said in verdicts(name).items()}


def convicts_always(name: str) -> list[str]:
    """The checks that convict on every set."""
    sets = len(cards(name))
    return [check for check, count in fired(name).items() if sets and count == sets]


def matrix() -> tuple[list[str], list[str], list[list[float]]]:
    """The checks, the defences, and on how many sets a check convicts a defence; nan where it was never judged."""
    found = {name: verdicts(name) for name in NAMES}
    names = [name for name in NAMES if found[name]]
    checks = list(dict.fromkeys(check for name in names for check in found[name]))
    counts = [[_count(found[name].get(check, [])) for name in names] for check in checks]
    return checks, names, counts


def _count(said: Sequence[str]) -> float:
    return float(said.count(FAILS)) if set(said) - {CANNOT} else float("nan")
