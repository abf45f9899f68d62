"""The tables and curves of the chapter on DunDi: the paper's numbers beside ours, from stored results only."""

from collections.abc import Mapping
from dataclasses import replace
from statistics import mean
from typing import Any

from robustlib.evaluation import Cell, Table
from robustlib.experiments.dundi import NETWORKS, SHORT
from robustlib.experiments.oracle_rules import N
from robustlib.experiments.paper_tables import printed
from robustlib.experiments.results import find_result
from robustlib.experiments.tables import schedule

ATTACKS = ("iFGSM-a", "iFGSM-b", "FGSM", "JSMA")  # in the order of the paper's section 4.3
SIZES = (1, 10, 20)
SETS = {"mnist": "MNIST", "cifar10": "CIFAR-10"}
DRAWS = "Brackets: least and most over five draws of the oracles"


def stored(name: str, what: str = "") -> dict[str, Any] | None:
    """The result of a run, "mnist-r1", or with `what` of its survey; None where it was not run."""
    full = f"dundi-{name}" + (f"-{what}" if what else "")
    return find_result(full)


def names(dataset: str, fewer: bool = False) -> dict[str, str]:
    """The networks of one set: short name -> row; with `fewer` those of table 2 and the ablation."""
    prefix = f"dundi-{dataset}-"
    found = {e.name.removeprefix("dundi-"): e.row for e in NETWORKS if e.name.startswith(prefix)}
    return {k: row for k, row in found.items() if (k.startswith("mnist-r1-")) == fewer}


def _label(name: str, row: str) -> str:
    result = stored(name)
    return f"{row} ({'not run' if result is None else schedule(result)})"


def paper_number(table: str, **columns: str) -> float | None:
    """The one printed number whose columns begin like this; None where there is none."""
    rows = [r for r in printed("dundi", table) if all(r[key].startswith(v) for key, v in columns.items())]
    found = [r["value"] for r in rows if r["value"]]
    return float(found[0]) if len(found) == 1 else None


def over_draws_cell(
    row: str, column: str, paper: float | None, found: Mapping[str, Any] | None, n: int | None = None
) -> Cell:
    """Five draws as a cell: their mean, between the least and the most."""
    if found is None:
        return Cell(row, column, paper)
    draws = [100 * share for share in found["draws"]]
    return Cell(row, column, paper, mean(draws), min(draws), max(draws), n)


def table1(dataset: str = "mnist", rule: str = "two-step") -> Table:
    """Accuracy with 1, 10 and 20 oracles a class; the softmax of the native networks in a column of its own."""
    cells: list[Cell] = []
    softmax = Cell("", "softmax")
    for name, row in names(dataset).items():
        result, label = stored(name), _label(name, row)
        plain = row.split(",")[0]
        if "Native" in row:
            paper = paper_number("table1", dataset=SETS[dataset], model=plain) if plain == row else None
            found = result and result["outcomes"]["clean"]
            ours, low, high = (100 * found[k] if found else None for k in ("accuracy", "low", "high"))
            softmax = Cell(label, "softmax", paper, ours, low, high, found["n"] if found else None)
            cells += [softmax, *(Cell(label, f"n = {size}", applies=False) for size in SIZES)]
            continue
        cells.append(replace(softmax, row=label, paper=None, applies="_P" in row))  # of the same frozen network
        for size in SIZES:
            keys = {"dataset": SETS[dataset], "model": plain}
            paper = _table1_number(keys, size) if plain == row and rule == "two-step" else None
            accuracy = result and result["facts"]["accuracy"][f"{rule}, n = {size}"]
            cells.append(over_draws_cell(label, f"n = {size}", paper, accuracy, 10_000))
    caption = f"Accuracy in % on {SETS[dataset]}, {rule} rule, n oracles a class. 10,000 test images, seed 0. {DRAWS}; "
    return Table(caption + "softmax: 95 % Wilson interval.", tuple(cells), digits=2)


def _table1_number(keys: dict[str, str], size: int) -> float | None:
    defense = f"DunDi two-step classification; oracle images per class n={size}"
    rows = [r for r in printed("dundi", "table1") if all(r[k] == v for k, v in keys.items())]
    found = [r["value"] for r in rows if r["defense"] == defense]
    return float(found[0]) if len(found) == 1 else None


def table2() -> Table:
    """DunDi_R1 trained on more and more tuples: accuracy, and the mean success rate over the four attacks."""
    cells = []
    for name, count in {**{f"mnist-r1-{k}": v for k, v in SHORT.items()}, "mnist-r1": 360_000}.items():
        result, handed = stored(name), stored(name, "handed-over")
        row = f"{count:,} tuples ({'not run' if result is None else schedule(result)})"
        training = f"retrained; {count} triplet tuples"
        paper = paper_number("table2", training=training, metric="accuracy_pct")
        accuracy = result and result["facts"]["accuracy"][f"two-step, n = {N}"]
        cells.append(over_draws_cell(row, "accuracy", paper, accuracy, 10_000))
        paper = paper_number("table2", training=training, metric="defense_success_pct")
        cells.append(over_draws_cell(row, "success rate", paper, handed and mean_rate(handed, f"n = {N}", "all")))
    caption = (
        f"DunDi_R1 on MNIST with {N} oracles a class, in %. Success rate: mean over the four attacks handed over. "
    )
    return Table(caption + f"{DRAWS}. Seed 0.", tuple(cells), digits=2)


def mean_rate(handed: Mapping[str, Any], size: str, kind: str) -> dict[str, Any] | None:
    """The mean of the rates under the four attacks, draw by draw."""
    found = [handed["facts"]["handed over"][attack][size][kind] for attack in ATTACKS]
    if None in found:
        return None
    draws = [mean(shares) for shares in zip(*(f["draws"] for f in found), strict=True)]
    return {"mean": mean(draws), "draws": draws}
