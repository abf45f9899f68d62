"""What figures draw: our errors by outer iteration beside the paper's (figures 1 to 3), and the paired differences."""

from typing import Any

from robustlib.chapters.at2l.comparison_tables import TERMS, apart
from robustlib.chapters.at2l.pairing import Difference
from robustlib.chapters.at2l.readings import error, iteration
from robustlib.chapters.at2l.tables import METHODS, ROUNDS, printed_curves

SAID = {"at": "adversarial training", "at2l": "AT2L", "triplet": "triplet alone"}  # these have a look in figures
TRIPLETS = {"at2l": "AT2L", "tla": "TLA", "rr": TERMS["rr"], "rr-stopped": "the same triplet, stop-gradient"}
SETTINGS = {"mnist 0.1": "MNIST, eps 0.1", "mnist 0.2": "MNIST, eps 0.2", "mnist 0.3": "MNIST, eps 0.3",
            "cifar10": "CIFAR-10, eps 8/255"}  # fmt: skip
Errors = dict[tuple[str, str], dict[int, tuple[float, float, float]]]


def errors(table: str, attack_set: str, attack: str, methods: tuple[str, ...] = ("at", "at2l")) -> Errors:
    """(method, "static" or "adaptive") -> {iteration: (error, low, high)}, shares; an iteration not run is absent."""
    found: Errors = {}
    for method in methods:
        for way in ("static", "adaptive"):
            of = {k: error(iteration(table, attack_set, method, k, attack, static=way == "static"))
                  for k in (0, *ROUNDS)}  # fmt: skip
            run = {k: (q.value, q.low, q.high) for k, q in of.items() if q is not None}
            found[SAID[method], way] = run if run.keys() - {0} else {}  # the undefended network alone is no curve
    return found


def paper(table: str, attack_set: str, attack: str) -> dict[str, list[float]]:
    """Method -> the paper's errors in % after 0 to 10 outer iterations, digitised; none where it prints no curve."""
    printed = printed_curves(table, attack)
    named = {SAID[m]: printed.get(f"{METHODS[m]}, {attack_set}") for m in METHODS}
    return {name: values for name, values in named.items() if values}


def panel(table: str, attack_set: str, attack: str) -> dict[str, Any]:
    """Both, as the arguments of `robustlib.figures.Rounds`; the set "fgsm" is that of figure 3, with three methods."""
    methods = tuple(SAID) if attack_set == "fgsm" else tuple(METHODS)
    return {"ours": errors(table, attack_set, attack, methods), "paper": paper(table, attack_set, attack)}


def gains() -> dict[str, dict[str, Difference | None]]:
    """Setting -> triplet -> its accuracy under APGD-T less that of no triplet, for `robustlib.figures.forest`."""
    return {SETTINGS[s]: {said: apart(s, term) for term, said in TRIPLETS.items()} for s in SETTINGS}
