"""What the triplets and the stop-gradient each do: networks in an order in which neighbours differ in one thing."""

from typing import Any

from robustlib.chapters.robust_representations.tables import SEPARATION, WORST, accuracy
from robustlib.evaluation import Cell, Table
from robustlib.experiments import Row, maybe, registry, select, stored_rows
from robustlib.experiments.tables import NOT_RUN, cell, counted, schedule, spread

# What the body of each learns from. A line and the next one differ in the stop-gradient, then in the triplets.
STEPS = {
    "ours": "triplets alone", "joint": "triplets and cross-entropy", "softmax": "cross-entropy alone",
    "ours-pgd": "triplets alone", "joint-pgd": "triplets and cross-entropy", "softmax-pgd": "cross-entropy alone",
}  # fmt: skip
RADII = {False: (0.05, 0.1), True: (0.1, 0.2)}  # by adversarial training: where the lines can be told apart


def controls(adversarial: bool = True, network: str = "rr-lenet") -> Table:
    """Clean accuracy, what is left of it under the worse of two attacks, and the separation, of three networks trained
    with PGD or without it, in %.

    Several seeds are their mean between the least and the most, one seed stands with its interval; a network that was
    not run says so.
    """
    cells: list[Cell] = []
    for row, learns in STEPS.items():
        if row.endswith("-pgd") != adversarial:
            continue
        name = f"{network}-{row}"
        attacked, curves = stored_rows(name, "attacked"), stored_rows(name, "sweep")
        seeds = sorted({r.seed for r in attacked if r.seed is not None})
        rests_on = f"{schedule(name, seeds[0])}, {len(seeds)} seed{'s' * (len(seeds) > 1)}" if seeds else NOT_RUN
        line = f"{registry.experiment(name).label.split(' (')[0]}: {learns} ({rests_on})"
        columns: dict[str, tuple[list[Row], dict[str, Any]]] = {
            f"worst of two at {eps:g}": (curves, {"attack": WORST, "eps": eps}) for eps in RADII[adversarial]
        }
        columns["clean"] = attacked, {"attack": ""}
        for column, (rows, wanted) in columns.items():
            found = [accuracy(select(rows, seed=seed), line, column, wanted) for seed in seeds]
            cells.append(spread(line, column, found or [Cell(line, column)]))
        apart = [cell(maybe(attacked, metric=SEPARATION, seed=s), line, SEPARATION, scale=1) for s in seeds]
        cells.append(spread(line, SEPARATION, apart or [Cell(line, SEPARATION)]))
    caption = f"What the body learns from{', with images attacked by PGD in every batch' if adversarial else ''}. "
    caption += f"Accuracy in %, L-infinity; worst of two: {WORST}. Several seeds: mean [least, most]; one seed: 95 % "
    caption += f"Wilson interval, n = {counted(c for c in cells if c.column != SEPARATION)} test images. "
    caption += "Separation: between-class over within-class distance."
    return Table(caption, tuple(cells))
