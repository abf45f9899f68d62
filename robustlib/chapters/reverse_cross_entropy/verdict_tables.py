"""The three verdicts of a guarded network under attackers who know it: right, rejected, or fooled."""

from dataclasses import replace
from typing import Any

import torch

from robustlib.chapters.reverse_cross_entropy.tables import LOSSES, SETS, network, schedules
from robustlib.evaluation import Cell, Table, wilson
from robustlib.experiments.row_unions import together, within
from robustlib.experiments.rows import Row, maybe, pack, select, unpack
from robustlib.experiments.stored import stored_rows
from robustlib.experiments.tables import cell, counted

BOTH = "detector-aware PGD, then feature matching"
WITHOUT = ("standard", "bare", "clean", "oblivious")  # measurements of the network without a detector


def of_the_worst(dataset: str, loss: str, eps: float) -> dict[str, Row] | None:
    """The share of every verdict in an L-infinity ball, each with its interval; None where it was not measured.

    *Fooled*: an attacker who knows the detector made the image misread and accepted, or it was misread when clean.
    *Right*: he failed, and no stored attack on the bare network inside the ball had it misread either. *Rejected* is
    the rest: some image of the ball is misread, and of those that were found none was accepted.
    """
    name = network(dataset, loss)
    aware = maybe(stored_rows(name, "adaptive", 0), metric="accuracy", attack=BOTH, eps=eps)
    bare = select(stored_rows(name, WITHOUT, 0), metric="accuracy", norm="Linf", defense="")
    misread = together([row for row in bare if within(row, eps)], "worst case without a detector", eps)
    if aware is None or misread is None:
        return None
    n = min(aware.n or 0, misread.n or 0)
    stands, reads = unpack(aware.bits, aware.n or 0)[:n], unpack(misread.bits, misread.n or 0)[:n]
    fates = {"right": stands & reads, "rejected": stands & ~reads, "fooled": ~stands}
    return {verdict: share(aware, fate) for verdict, fate in fates.items()}


def share(row: Row, fate: torch.Tensor) -> Row:
    """The row with another fate of its images."""
    hits, n = int(fate.sum()), len(fate)
    low, high = wilson(hits, n)
    ends: dict[str, Any] = {"value": hits / n, "n": n, "low": low, "high": high, "bits": pack(fate)}
    return replace(row, **ends, largest_linf=None, mean_l2=None)


def verdict_table(dataset: str, radii: tuple[float, ...]) -> Table:
    """The three verdicts of either loss at these radii."""
    cells: list[Cell] = []
    for eps in radii:
        for loss in LOSSES:
            found, label = of_the_worst(dataset, loss, eps) or {}, f"{loss}, eps {eps:.3g}"
            cells += [cell(found.get(verdict), label, verdict) for verdict in ("right", "rejected", "fooled")]
    caption = (
        f"Share of the images of {SETS[dataset]}, in %, under detector-aware PGD, feature matching, and all attacks "
    )
    caption += "on the bare network. ResNet-32, K-density at the printed gamma, 5 % of held-out clean images rejected. "
    caption += f"L-infinity, n = {counted(cells)}, seed 0, 95 % Wilson intervals. "
    return Table(caption + schedules(dataset), tuple(cells))
