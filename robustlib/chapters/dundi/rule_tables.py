"""What the paper argues with and does not measure: R(f) of every network, and the numbers N, M and K of its rule."""

from dataclasses import replace

from robustlib.chapters.dundi.least_distance import BOTH_STEPS, DISTANCE, NEAREST
from robustlib.chapters.dundi.rule_sweep import SETTINGS, Setting, read_with
from robustlib.chapters.dundi.source_images import CLEAN_CORRECT
from robustlib.chapters.dundi.tables import (
    ATTACKS,
    MEAN,
    NETWORKS,
    is_native,
    mean_row,
    trained,
)
from robustlib.evaluation import Table
from robustlib.experiments.registry import experiment
from robustlib.experiments.rows import Row, maybe, select
from robustlib.experiments.stored import stored_rows
from robustlib.experiments.tables import cell, counted

OF_R1 = ("dundi-mnist-r1-18k", "dundi-mnist-r1-36k", "dundi-mnist-r1-36k-unit")
R_OF_F, COST, SHOWN_RIGHT = "R(f), mean least change", "distances per image", "attacked images read right"


def distances() -> Table:
    """R(f) of every LeNet of the chapter, by each attack and by the nearest point of all."""
    names = {"DDN": "DDN", "FAB": "FAB", BOTH_STEPS: BOTH_STEPS, R_OF_F: NEAREST}
    cells = []
    for network in (*NETWORKS["mnist"], *OF_R1):
        for column, attack in names.items():
            row = maybe(stored_rows(network, "distance"), metric=DISTANCE, attack=attack)
            meets = attack != BOTH_STEPS or not is_native(network)
            cells.append(replace(cell(row, experiment(network).label, column, scale=1), applies=meets))
    caption = (
        "Mean L2 distance, in pixel units of [0, 1], from a digit to the nearest point that an attack finds and the "
    )
    caption += (
        "network reads otherwise; what is found is at least as long as the shortest. DDN and FAB on the logits or "
    )
    caption += f"the exact distances, 100 steps, n = {counted(cells)} test digits, seed 0, normal 95 % intervals."
    return Table(caption + trained([*NETWORKS["mnist"], *OF_R1]), tuple(cells), digits=2)


def swept_row(network: str, setting: Setting, attack: str = "") -> Row | None:
    """The clean accuracy with these N, M and K, or what is read right of the source's images under one attack or in
    the mean of the four.
    """
    rows = select(stored_rows(network, "sweep"), metric="accuracy", defense=read_with(setting))
    if attack != MEAN:
        return maybe(rows, attack=attack)
    there = [row for name in ATTACKS if (row := maybe(rows, attack=name, images=CLEAN_CORRECT)) is not None]
    draws = [row.series.get("draws", [row.value]) for row in there]
    if len(there) < len(ATTACKS):
        return None
    return mean_row([sum(shares) / len(shares) for shares in zip(*draws, strict=True)], attack=MEAN, network=network)


def swept_distance(network: str, setting: Setting) -> Row | None:
    """R(f) with these N, M and K."""
    return maybe(stored_rows(network, "sweep"), metric=DISTANCE, defense=read_with(setting))


def sweep(network: str = "dundi-mnist-r1") -> Table:
    """One network read with other numbers N, M and K, one of them varied at a time."""
    cells = []
    for setting in SETTINGS:
        label = "N={}, M={}, K={}".format(*setting)
        cost = maybe(stored_rows(network, "sweep"), metric=COST, defense=read_with(setting))
        parts = [
            cell(swept_row(network, setting), label, "accuracy in %"),
            cell(swept_row(network, setting, MEAN), label, f"{SHOWN_RIGHT}, in %"),
            cell(swept_distance(network, setting), label, R_OF_F, scale=1),
            cell(cost, label, COST, scale=1),
        ]
        cells += [replace(part, n=None) for part in parts]  # the caption says on what they rest
    caption = (
        f"{experiment(network).label}, read with N oracles a class, of which the first step looks at M and keeps K "
    )
    caption += "classes. Accuracy of 10,000 digits, and mean share of the four attacks' images that is read right: "
    caption += "brackets are the least and most of five draws. R(f) by DDN on 200 digits, L2, normal 95 %. Seed 0."
    return Table(caption + trained([network]), tuple(cells), digits=2)
