"""What attacked images leave of DunDi: figure 6 as a table, and the attacks A1 to A4, from stored results only."""

from collections.abc import Mapping
from dataclasses import replace
from statistics import mean
from typing import Any

from robustlib.evaluation import Cell, Table, wilson
from robustlib.experiments.detection_tables import auc_cell
from robustlib.experiments.dundi import IMAGES
from robustlib.experiments.dundi_tables import ATTACKS, DRAWS, SETS, names, over_draws_cell, paper_number, stored
from robustlib.experiments.oracle_rules import N
from robustlib.experiments.tables import schedule

CLIMBS = {
    "worst case": "worst case",
    "cross-entropy on distances": "CE on distances",
    "A1 margin of distances": "A1",
    "A2 to the oracles": "A2",
    "A3 without the database": "A3",
    "A4 Square": "A4, Square",
    "A4 from the native network": "A4, transfer",
    "A1 through both steps": "A1, two steps",
    "noise": "noise",
}


def done(dataset: str, what: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """The networks of one set whose survey is there: short name -> row and result."""
    found = {name: (row, stored(name, what)) for name, row in names(dataset).items()}
    return {name: (row, result) for name, (row, result) in found.items() if result is not None}


def waiting(dataset: str, what: str) -> str:
    """Which networks have no survey yet, for a caption: " Not run: DunDi_R2."; nothing where all have."""
    rows = [row for name, row in names(dataset).items() if name not in done(dataset, what)]
    return f" Not run: {', '.join(rows)}." if rows else ""


def figure6(dataset: str = "mnist", kind: str = "all") -> Table:
    """What each network gets right of the images handed over: of all, or of those that fooled their source."""
    cells = []
    for row, handed in done(dataset, "handed-over").values():
        for attack in ATTACKS:
            found, native = handed["facts"]["handed over"][attack], "Native" in row
            rate = found["softmax" if native else f"n = {N}"][kind]
            count = found["attacked"] if kind == "all" else _fooled(found)
            cell = over_draws_cell(row, attack, None, rate, count)
            if native and rate is not None:
                low, high = (100 * end for end in wilson(round(rate["mean"] * count), count))
                cell = replace(cell, low=low, high=high)
            cells.append(cell)
    ours = [c for c in cells if c.row.startswith("DunDi")]
    for attack in ATTACKS:
        of = [c.ours for c in ours if c.column == attack and c.ours is not None]
        paper = paper_number("fig6_averages", dataset=SETS[dataset], attack=attack) if kind == "all" else None
        row = "mean of these DunDi models"
        ends = (min(of), max(of)) if len(of) > 1 else (None, None)
        cells.append(Cell(row, attack, paper, mean(of), *ends) if of else Cell(row, attack, paper))
    which = "all images handed over" if kind == "all" else "those images that fooled their source"
    caption = f"Right answers in % on {which}, {SETS[dataset]}, L-infinity (JSMA: few pixels), seed 0. DunDi: {N} "
    caption += "oracles a class, mean of five draws, brackets: least and most of them, or of the models; native "
    source = stored(f"{dataset}-feinman")
    trained = f" Source: {schedule(source)}." if source else ""
    return Table(caption + "networks: 95 % Wilson." + trained + waiting(dataset, "handed-over"), tuple(cells))


def _fooled(found: Mapping[str, Any]) -> int:
    return round(found["fooled the source"]["share"] * found["fooled the source"]["n"])


def figure7(name: str = "mnist-p1") -> Table:
    """Success rate of one network against the number of oracles; the paper quotes those of DunDi_P1 with one."""
    cells: list[Cell] = []
    handed = stored(name, "handed-over")
    for attack in ATTACKS:
        found = handed["facts"]["handed over"][attack] if handed else {}
        sizes = sorted(int(key.removeprefix("n = ")) for key in found if key.startswith("n = ")) or [1]
        for size in sizes:
            quoted = paper_number("fig7_quoted", attack=attack) if size == 1 and name == "mnist-p1" else None
            count = found["attacked"] if found else None
            rate = found[f"n = {size}"]["all"] if found else None
            cells.append(over_draws_cell(attack, f"n = {size}", quoted, rate, count))
    caption = f"Right answers in % of {dict(names('mnist'))[name]} with n oracles a class on all images handed over, "
    return Table(caption + f"MNIST, seed 0. {DRAWS}.", tuple(cells))


def bayesian(dataset: str = "mnist") -> Table:
    """The column "Bayesian" of figure 6: what Feinman's detector says of the images that fooled their source."""
    cells, result = [], stored(f"{dataset}-feinman", "bayesian")
    for attack in ATTACKS:
        found = result and result["facts"]["detection"][attack]
        cells.append(auc_cell("AUC", attack, found or None))
    caption = f"Feinman's detector on its own network, {SETS[dataset]}: AUC in %, 95 % DeLong intervals, seed 0. "
    caption += "Fitted on half of the images that fooled the network, measured on the other half."
    return Table(caption, tuple(cells))


def left_table(dataset: str, eps: float) -> Table:
    """What every attack leaves of every network at one radius; of the native networks margin PGD."""
    cells = []
    for row, result in done(dataset, "left").values():
        for attack, column in CLIMBS.items():
            native = "Native" in row
            key = f"{'margin PGD' if native and attack == 'worst case' else attack} at {eps:g}"
            if native and attack not in ("noise", "worst case"):
                cells.append(Cell(row, column, applies=False))
                continue
            cells.append(_stands(row, column, result["outcomes"][key]))
    counts = " or ".join(str(n) for n in sorted({c.n for c in cells if c.n}))
    caption = f"Robust accuracy in % on {SETS[dataset]}, L-infinity, eps = {eps:.3g}, n = {counts or '0, not run'}, "
    caption += f"seed 0, 95 % Wilson. Two-step rule, {N} oracles a class; native networks: margin PGD."
    return Table(caption + waiting(dataset, "left"), tuple(cells))


def _stands(row: str, column: str, outcome: Mapping[str, Any]) -> Cell:
    """A stored outcome as a cell, in per cent."""
    ours, low, high = (100 * outcome[k] for k in ("accuracy", "low", "high"))
    return Cell(row, column, None, ours, low, high, outcome["n"])


LENGTHS = {
    "mnist-r1-36k": "R1, 36,000 tuples",
    "mnist-r1": "R1, 360,000 tuples",
    "mnist-r1-36k-unit": "R1, 36,000 tuples, unit length",
    "mnist-r3": "R3, 360,000 tuples",
    "mnist-r3-slower": "R3, 360,000 tuples, rate 3e-4",
}


def length_table(eps: float = 0.1) -> Table:
    """Networks trained shorter, longer, at unit length, in smaller steps: how wide they are, and what is left."""
    cells = []
    for name, row in LENGTHS.items():
        if (result := stored(name)) is None or (left := stored(name, "left")) is None:
            cells.append(Cell(row, "accuracy"))
            continue
        cells.append(over_draws_cell(row, "accuracy", None, result["facts"]["accuracy"][f"two-step, n = {N}"]))
        cells.append(Cell(row, "mean distance of classes", None, result["facts"]["distances"]["other class"]))
        cells.append(Cell(row, "CE: zero gradient", None, 100 * left["facts"]["zero gradients"]["cross_entropy"]))
        for attack in ("cross-entropy on distances", "A1 margin of distances", "worst case"):
            cells.append(_stands(row, CLIMBS[attack], left["outcomes"][f"{attack} at {eps:g}"]))
    caption = f"DunDi_R on MNIST, {N} oracles a class. Distances in units of the embedding, all else in %. Accuracy of "
    caption += f"10,000 images; brackets: least and most over five draws. Attacks: L-infinity, eps = {eps:g}, "
    return Table(caption + f"n = {IMAGES['mnist']}, seed 0, 95 % Wilson.", tuple(cells))
