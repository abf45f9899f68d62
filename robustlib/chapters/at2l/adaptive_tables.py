"""What someone who knows the defence leaves of it, how curved its loss is, and what its weights do: from rows only."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from robustlib.chapters.at2l.comparison_tables import PAIRS, TERMS
from robustlib.chapters.at2l.tables import METHODS, ROUNDS, SETS, TABLES, TRAMER, planned
from robustlib.evaluation import Cell, Table
from robustlib.experiments.rows import Row, maybe
from robustlib.experiments.stored import stored_rows
from robustlib.experiments.tables import cell, complement, counted

ATTACKS = ("", "PGD", "margin PGD", "triplet PGD", "APGD-T", "Square", "worst case")
AUTO = "AutoAttack"  # of the standard suite, on the first images
CURVES = ("curvature", "relative curvature", "gradient norm", "common shift")
SWEEP = {"lambda1": (0.2, 1.5), "lambda2": (0.1, 5.0), "alpha": (0.1, 2.0)}
USUAL = "lambda1 0.3, lambda2 1, alpha 1"


def networks(of: str = "4") -> dict[str, str]:
    """The last networks of a table of the supplement, or those of a setting of the comparison: name -> label."""
    if of in PAIRS:
        return {PAIRS[of][0] + term: said for term, said in TERMS.items()}
    prefix = TABLES[of][0]
    every = planned(of)
    return {f"{prefix}-{s}-{m}-{ROUNDS[-1]}": f"{METHODS.get(m, TRAMER)}, {SETS[s]}" for s, m in every}


def radius(of: str) -> float:
    """Of the attacks, L-infinity in pixel units: that which the networks are trained for."""
    return TABLES[of][2] if of in TABLES else float(of.split()[1]) if of.startswith("mnist") else 8 / 255


def auto_attack(of: str, network: str) -> Row | None:
    """What the suite's AutoAttack leaves at that radius."""
    return maybe(stored_rows(network, "standard", 0), metric="accuracy", attack=AUTO, eps=radius(of))


def adaptive(of: str = "4") -> Table:
    """Accuracy in % under T1 and T2, in the worst case of them, and under AutoAttack."""
    cells: list[Cell] = []
    for network, label in networks(of).items():
        rows = stored_rows(network, "adaptive", 0)
        for attack in ATTACKS:
            cells.append(cell(maybe(rows, metric="accuracy", attack=attack), label, attack or "clean"))
        cells.append(cell(auto_attack(of, network), label, AUTO))
    caption = f"Accuracy in % under attacks on the network as it is. L-infinity, eps {radius(of):.3g}, "
    caption += f"n = {counted(cells)}, seed 0, 95 % Wilson intervals; worst case: per image, of the attacks before it."
    return Table(caption, tuple(cells))


def curvature(of: str = "4") -> Table:
    """Medians of the curvature along the gradient, of the same over the gradient's length, and of that length."""
    cells = [
        cell(maybe(stored_rows(network, "curvature", 0), metric=metric), label, metric, scale=1.0)
        for network, label in networks(of).items()
        for metric in CURVES
    ]
    caption = "Curvature of the loss along its gradient: medians with 95 % order-statistics intervals, per L2 pixel "
    caption += (
        f"unit, n = {counted(cells)}, seed 0. Smaller is smoother. Common shift: the share of the logits' variance "
    )
    return Table(f"{caption}in which all classes move alike, with a bootstrap interval over images.", tuple(cells), 3)


def slices(of: str = "4") -> dict[str, Mapping[str, Any]]:
    """By network: the margin of one image in a plane ("margin", rows along the gradient), from -"reach" to it."""
    rows = {
        label: maybe(stored_rows(network, "curvature", 0), metric=CURVES[0]) for network, label in networks(of).items()
    }
    return {label: row.series["slice"] for label, row in rows.items() if row is not None and "slice" in row.series}


def sweep() -> Table:
    """Error in % after one outer iteration on the gradient set of table 4, with one weight at a time changed."""
    prefix, kind, eps, target = TABLES["4"]
    names = {USUAL: f"{prefix}-gradient-at2l-1"}
    names |= {f"{k} {v:g}": f"{prefix}-gradient-at2l-{k}-{v:g}-1" for k, values in SWEEP.items() for v in values}
    cells: list[Cell] = []
    for label, network in names.items():
        rows = stored_rows(network, kind, 0)
        for column, attack, source in (
            ("clean", "", ""), ("FGSM, static", "FGSM", target), ("FGSM, adaptive", "FGSM", ""),
            ("C&W, static", "C&W", target), ("C&W, adaptive", "C&W", ""),
        ):  # fmt: skip
            found = cell(maybe(rows, metric="accuracy", attack=attack, source=source), label, column)
            cells.append(replace(complement(found), paper=None))
    caption = (
        f"Error in % of AT²L after one iteration on MNIST, eps {eps:g}, n = {counted(cells)}, seed 0, 95 % Wilson "
    )
    return Table(f"{caption}intervals; each line changes one weight of the first.", tuple(cells))
