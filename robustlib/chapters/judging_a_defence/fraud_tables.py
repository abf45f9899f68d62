"""Tables of the frauds: what a fooled attack leaves, what one that knows the fraud leaves, and what the card said."""

from robustlib.chapters.judging_a_defence import readings
from robustlib.chapters.judging_a_defence.frauds import FRAUDS, in_words
from robustlib.evaluation import Cell, Table, TextTable
from robustlib.experiments.rows import Row

COLUMNS = ("clean", "fooled attack", "knowing attack")


def before_and_after() -> Table:
    """Each fraud clean, under the attack that it fools, and under one that knows it, in per cent."""
    cells, n = [], set()
    for name, fraud in FRAUDS.items():
        rows = (readings.clean(name), readings.under(name), readings.knowing(name))
        for column, row in zip(COLUMNS, rows, strict=True):
            if row is not None:
                cells.append(_cell(f"{name} ({fraud.known_as})", column, row))
                n.add(row.n)
    caption = (
        f"Accuracy in % on MNIST, one undefended LeNet-5 behind each fraud, L-infinity, {in_words()}, first "
        f"{' or '.join(map(str, sorted(filter(None, n)))) or 'no'} official test images, seed 0, 95 % Wilson "
        "intervals. In brackets behind the fraud: the attack that knows it."
    )
    return Table(caption, tuple(cells))


def _cell(name: str, column: str, row: Row) -> Cell:
    value, low, high = (None if v is None else 100 * v for v in (row.value, row.low, row.high))
    return Cell(name, column, None, value, low, high, row.n)


def convicted() -> TextTable:
    """Each fraud and each honest network: what its evaluation leaves, how many of its cards fail, and the checks that
    convict on every set.
    """
    rows = []
    for name in readings.NAMES:
        found = readings.cards(name)
        if not found:
            continue
        left = 100 * sum(row.value or 0 for row in found) / len(found)
        fails = f"{sum(readings.convicted_by(row) != [] for row in found)} of {len(found)}"
        rows.append((name, f"{left:.1f} %", fails, ", ".join(readings.convicts_always(name)) or "none"))
    first = readings.cards(readings.UNDEFENDED)
    size = first[0].n if first else 0
    caption = f"The report card on {len(first)} sets of {size} official test images each, L-infinity, {in_words()}."
    return TextTable(
        caption, ("defence", "left by its evaluation", "cards that fail", "convicted on every set by"), tuple(rows)
    )
