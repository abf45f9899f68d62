"""The one table, from rows only: what is left of each method, how near its wrong images lie, and what it cost."""

from robustlib.chapters.one_table import costs, readings
from robustlib.chapters.one_table.methods import METHODS, RADII, Method
from robustlib.evaluation import Cell, Table, TextTable
from robustlib.experiments import Row
from robustlib.experiments.tables import NOT_RUN, cell, counted, schedule

NONE = "none yet of the"


def label(method: Method) -> str:
    """The method, with the seeds of which a worst case is there and their schedule: "TRADES (3 seeds, 5 epochs)"."""
    done = [seed for seed in readings.seeds(method.key) if readings.worst_of(method.key, RADII[-1], seed)]
    if not done:
        return method.label
    return f"{method.label} ({len(done)} seed{'s' * (len(done) > 1)}, {schedule(method.network, done[0])})"


def at(eps: float) -> str:
    """The column of a radius."""
    return f"{readings.WORST_OF_ALL} at {eps:g}"


def compared() -> Table:
    """The worst case of every method at each radius, and clean accuracy on as many images as all have."""
    cells: list[Cell] = []
    for method in METHODS:
        name = label(method)
        cells.append(cell(readings.clean(method.key), name, "clean"))
        cells += [cell(readings.worst(method.key, eps), name, at(eps)) for eps in RADII]
    caption = "Accuracy in % of LeNet-5 on MNIST, trained alike but for the method. Worst case: per image, of noise, "
    caption += "FGSM, margin PGD, AutoAttack and the method's own attack. L-infinity, "
    caption += f"n = {counted(cells, nothing=NONE)} official test images. "
    caption += "One seed: 95 % Wilson interval; several: mean, least and most."
    return Table(caption, tuple(cells))


def one_table() -> TextTable:
    """All columns of every method: clean, worst cases, the median L2 distance of DDN, and the cost of training."""
    header = (
        "method",
        "clean, %",
        *(f"{at(eps)}, %" for eps in RADII),
        "L2 distance (DDN) [quartiles]",
        "cost, times CE",
    )
    lines = []
    for method in METHODS:
        key = method.key
        shares = [readings.clean(key), *(readings.worst(key, eps) for eps in RADII)]
        cost = costs.cost(key)
        lines.append(
            (
                method.label,
                *(written(row, 100, 1) for row in shares),
                written(readings.distance(key), 1, 2),
                NOT_RUN if cost is None else f"{cost:.1f}",
            )
        )
    rows_there = [row for m in METHODS for eps in RADII if (row := readings.worst(m.key, eps))]
    n = " or ".join(map(str, sorted({row.n for row in rows_there if row.n}))) or "0"
    return TextTable(
        f"Every method on LeNet-5 and MNIST. {ran()} Worst cases: L-infinity, n = {n}; clean: all 10,000 test images. "
        "Brackets: 95 % Wilson interval, over several seeds the least and the most. L2 distance: the median over those "
        "of the first 500 images that are read right, with its middle half (several seeds: least and most median). "
        "Cost: passes of an image in the whole training, as a multiple of cross-entropy.",
        header, tuple(lines),
    )  # fmt: skip


def ran() -> str:
    """The seeds that the rows have, and their schedule: "Every row: seeds 0, 1 and 2; 5 of 50 epochs, CPU."."""
    of = {m: [s for s in readings.seeds(m.key) if readings.worst_of(m.key, RADII[-1], s)] for m in METHODS}
    seeds = sorted({seed for done in of.values() for seed in done})
    if not seeds:
        return "No row has been run."
    *first, last = map(str, seeds)
    several = f"seeds {', '.join(first)} and {last}" if first else f"seed {last}"
    every = all(done == seeds for done in of.values())
    schedules = sorted({schedule(m.network, seed) for m, done in of.items() for seed in done})
    return f"{'Every row' if every else 'Rows that were run'}: {several}; {' or '.join(schedules)}."


def written(row: Row | None, scale: float, digits: int) -> str:
    """A number with its interval: "12.3 [10.4, 14.5]"."""
    if row is None:
        return NOT_RUN
    if row.value is None:
        return "none"
    ends = (
        "" if row.low is None or row.high is None else f" [{scale * row.low:.{digits}f}, {scale * row.high:.{digits}f}]"
    )
    return f"{scale * row.value:.{digits}f}{ends}"


def own_attacks() -> Table:
    """What the suite leaves of each method that has an attack of its own, what that attack leaves, and both."""
    cells: list[Cell] = []
    for method in METHODS:
        if not method.own:
            continue
        name = f"{method.label} ({method.own})"
        for eps in RADII:
            found = readings.suite(method.key, eps), readings.own(method.key, eps), readings.worst(method.key, eps)
            for row, what in zip(found, ("suite", "own attack", "both"), strict=True):
                cells.append(cell(row, name, f"{what}, {eps:g}"))
    caption = (
        "Accuracy in % under the standard suite, under the attack made for the method, and per image the worst of "
    )
    return Table(f"{caption}both. L-infinity, n = {counted(cells, nothing=NONE)} official test images.", tuple(cells))


def method_lines() -> TextTable:
    """What each method minimises, from where, whether it sees attacked images, and its own attack."""
    lines = [
        (m.label, m.minimises, m.source, "yes" if m.attacked else "no", m.own or "none: the suite attacks its logits")
        for m in METHODS
    ]
    header = ("method", "what it minimises", "source", "attacked images", "its own attack")
    return TextTable(
        "The methods, and in what they differ. Alike are network, digits, optimiser and the steps of one training.",
        header,
        tuple(lines),
    )


def links() -> dict[str, str]:
    """From a paper's entry in `method_lines` to the page of its chapter."""
    return {m.source: f"../papers/{m.chapter}.html" for m in METHODS if m.chapter}
