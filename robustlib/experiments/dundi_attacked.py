"""What attacked images leave of DunDi: figure 6 as a table, and the attacks A1 to A4, from stored results only."""

from collections.abc import Mapping
from statistics import mean
from typing import Any

from robustlib.evaluation import Cell, Table
from robustlib.experiments.dundi_tables import ATTACKS, DRAWS, SETS, names, over_draws_cell, paper_number, stored
from robustlib.experiments.oracle_rules import N

CLIMBS = {
    "noise": "noise",
    "cross-entropy on distances": "CE on distances",
    "A1 margin of distances": "A1",
    "A1 through both steps": "A1, two steps",
    "A2 to the oracles": "A2",
    "A3 without the database": "A3",
    "A4 Square": "A4, Square",
    "A4 from the native network": "A4, transfer",
    "worst case": "worst case",
}


def figure6(dataset: str = "mnist", kind: str = "all") -> Table:
    """What each network gets right of the images handed over: of all, or of those that fooled their source."""
    cells, chosen = [], names(dataset)
    for name, row in chosen.items():
        handed = stored(name, "handed-over")
        for attack in ATTACKS:
            found = handed and handed["facts"]["handed over"][attack]
            rate = found and found["softmax" if "Native" in row else f"n = {N}"][kind]
            count = None if found is None else found["attacked"] if kind == "all" else _fooled(found)
            cells.append(over_draws_cell(row, attack, None, rate, count))
    ours = [c for c in cells if c.row.startswith("DunDi") and c.ours is not None]
    for attack in ATTACKS:
        of = [c.ours for c in ours if c.column == attack and c.ours is not None]
        paper = paper_number("fig6_averages", dataset=SETS[dataset], attack=attack) if kind == "all" else None
        row = "mean of the DunDi models"
        cells.append(Cell(row, attack, paper, mean(of), min(of), max(of)) if of else Cell(row, attack, paper))
    which = "all images handed over" if kind == "all" else "those images that fooled their source"
    caption = f"Right answers in % on {which}, {SETS[dataset]}, {N} oracles a class, seed 0. {DRAWS}, or over models. "
    counts = " or ".join(str(n) for n in sorted({c.n for c in cells if c.n})) or "0, not run"
    return Table(caption + f"n = {counts} images.", tuple(cells))


def _fooled(found: Mapping[str, Any]) -> int:
    return round(found["fooled the source"]["share"] * found["fooled the source"]["n"])


def bayesian(dataset: str = "mnist") -> Table:
    """The column "Bayesian" of figure 6: what Feinman's detector says of the images that fooled their source."""
    cells, result = [], stored(f"{dataset}-feinman", "bayesian")
    for attack in ATTACKS:
        found = result and result["facts"]["detection"][attack]
        if not found or found["auc"] is None:
            cells.append(Cell(attack, "AUC"))
            continue
        auc, low, high = (100 * found[k] for k in ("auc", "low", "high"))
        cells.append(Cell(attack, "AUC", None, auc, low, high, found["n"]))
    caption = (
        f"Feinman's detector on its own network, {SETS[dataset]}: AUC in %, 95 % DeLong intervals, seed 0. Fitted "
    )
    return Table(caption + "on half of the images that fooled the network, measured on the other half.", tuple(cells))


def left_table(dataset: str, eps: float) -> Table:
    """What every attack leaves of every network at one radius; of the native networks margin PGD."""
    cells = []
    for name, row in names(dataset).items():
        result = stored(name, "left")
        for attack, column in CLIMBS.items():
            native = "Native" in row
            key = f"{'margin PGD' if native and attack == 'worst case' else attack} at {eps:g}"
            found = result and result["outcomes"].get(key)
            ours, low, high = (100 * found[k] if found else None for k in ("accuracy", "low", "high"))
            applies = not native or attack in ("noise", "worst case")
            cells.append(Cell(row, column, None, ours, low, high, found["n"] if found else None, applies=applies))
    counts = " or ".join(str(n) for n in sorted({c.n for c in cells if c.n})) or "0, not run"
    caption = (
        f"Robust accuracy in % on {SETS[dataset]}, L-infinity, eps = {eps:.3g}, n = {counts}, seed 0, 95 % Wilson. "
    )
    return Table(caption + f"Two-step rule, {N} oracles a class; native networks: margin PGD.", tuple(cells))
