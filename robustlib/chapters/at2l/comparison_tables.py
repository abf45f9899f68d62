"""The comparison that decides: five terms beside one adversarial training, paired image by image and seed by seed."""

from robustlib.chapters.at2l.pairing import Difference, difference
from robustlib.evaluation import Cell, Table
from robustlib.experiments.printed import printed
from robustlib.experiments.rows import Row, select
from robustlib.experiments.stored import stored_rows
from robustlib.experiments.tables import cell, counted, schedule, spread

TERMS = {
    "none": "no triplet", "at2l": "AT²L's triplet", "tla": "TLA's triplet",
    "rr": "Robust representations' triplet", "rr-stopped": "the same, stop-gradient",
}  # fmt: skip
PAIRS = {
    "mnist 0.2": ("at2l-mnist-pgd-0.2-", (0, 1, 2)), "mnist 0.1": ("at2l-mnist-pgd-0.1-", (0,)),
    "mnist 0.3": ("at2l-mnist-pgd-0.3-", (0,)), "cifar10": ("at2l-cifar10-nfgsm-", (0, 1, 2)),
}  # fmt: skip
APGDT = "APGD-T"
COLUMNS = ("difference, over images", "difference, over seeds", "half width")


def rows_of(setting: str, term: str, attack: str = APGDT) -> list[Row]:
    """Of each seed that was measured, under APGD-T or clean ("")."""
    prefix, seeds = PAIRS[setting]
    found = [row for k in seeds for row in stored_rows(f"{prefix}{term}", "paired", k)]
    return select(found, metric="accuracy", attack=attack)


def apart(setting: str, term: str) -> Difference | None:
    """A term less none, over the seeds that both have; None where nothing was measured."""
    ours, control = rows_of(setting, term), rows_of(setting, "none")
    both = {r.seed for r in ours} & {r.seed for r in control}
    kept = [[r for r in rows if r.seed in both] for rows in (ours, control)]
    return difference(*kept) if both else None


def mao() -> float:
    """What TLA's triplet adds to PGD training in Mao et al. 2019, as a share: AutoAttack on CIFAR-10 at 8/255."""
    without, with_it = (float(line["value"]) for line in printed("at2l", "tla") if line["attack"])
    return (with_it - without) / 100


def comparison(setting: str = "mnist 0.2") -> Table:
    """Each term: clean accuracy, accuracy under APGD-T, and the difference to none with both intervals, in points."""
    cells: list[Cell] = []
    for term, said in TERMS.items():
        label = f"{said} ({schedule(PAIRS[setting][0] + term)})"
        for attack, column in (("", "clean"), (APGDT, "APGD-T")):
            found = [cell(row, label, column) for row in rows_of(setting, term, attack)]
            cells.append(spread(label, column, found))
        if term == "none":
            cells += [Cell(label, column, applies=False) for column in COLUMNS]
        else:
            cells += difference_cells(label, apart(setting, term), paper=100 * mao() if term == "tla" else None)
    n = counted(cells)
    caption = (
        f"Accuracy in % with and without a triplet, {setting}, L-infinity, n = {n} official test images, the same "
    )
    caption += "for all. Seeds: mean, least and most; one seed: Wilson interval. Differences to no triplet in points, "
    caption += (
        "paired by image and seed, with the 95 % interval over images and over seeds (Student). Paper: TLA's gain "
    )
    caption += "on a WRN-34-10 under AutoAttack (Mao et al. 2019). Half width: of the wider interval; smaller "
    return Table(f"{caption}differences are not told from none.", tuple(cells))


def difference_cells(label: str, found: Difference | None, paper: float | None) -> list[Cell]:
    """The difference with the interval over images, with that over seeds, and half of the wider one."""
    paper = None if paper is None else round(paper, 9)
    if found is None:
        return [Cell(label, COLUMNS[0], paper), *(Cell(label, column) for column in COLUMNS[1:])]
    value, images, half = 100 * found.value, 100 * found.images, 100 * found.half
    over = Cell(label, COLUMNS[1], applies=False)
    if found.seeds is not None:
        seeds = 100 * found.seeds
        over = Cell(label, COLUMNS[1], None, value, value - seeds, value + seeds, found.n)
    first = Cell(label, COLUMNS[0], paper, value, value - images, value + images, found.n)
    seen = f"{'could' if found.could_see(mao()) else 'could not'} have told {100 * mao():.2f} points from none"
    return [first, over, Cell(label, COLUMNS[2], None, half, n=found.n, note=seen)]
