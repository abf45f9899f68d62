"""What figures 1 to 3 draw: our errors by outer iteration, static and adaptive, and the paper's curves beside them."""

from typing import Any

from robustlib.chapters.at2l.readings import error, iteration
from robustlib.chapters.at2l.tables import METHODS, ROUNDS, printed_curves

SAID = {"at": "adversarial training", "at2l": "AT2L", "triplet": "triplet alone"}  # these have a look in figures
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
