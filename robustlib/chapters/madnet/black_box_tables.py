"""MadNet's table 4 with ours beside it: what images made on a distilled proxy leave; from stored rows only."""

from dataclasses import replace

from robustlib.chapters.madnet.black_box import PROXY
from robustlib.chapters.madnet.printed_tables import DEPTHS, SETS, WHITE_BOX, beside, lines, network, trained
from robustlib.chapters.madnet.white_box import CLEAN_CORRECT
from robustlib.evaluation import Table
from robustlib.experiments.rows import maybe
from robustlib.experiments.stored import stored_rows
from robustlib.experiments.tables import cell, counted

TRAINED = ("CE", "MAD")


def table4(images: str = CLEAN_CORRECT, depth: int = 8) -> Table:
    """Accuracy on images made on a distilled proxy, and how often the proxy says what the network says."""
    cells = []
    for training in TRAINED:
        for dataset, column in SETS.items():
            for line in lines("table4", dataset):
                label = f"{line.attack.partition(',')[0]} ({training})"
                cells.append(cell(beside(dataset, training, line, images, depth), label, column))
        for dataset, column in SETS.items():
            rows = stored_rows(network(dataset, training, depth), "black-box", 0)
            agreement = cell(maybe(rows, metric="agreement", source=PROXY), f"agreement ({training})", column)
            cells.append(replace(agreement, note=f"n = {agreement.n}" if agreement.n else ""))
    rest = [c for c in cells if not c.row.startswith("agreement")]
    which = "images that the network reads right when clean, " if images else ""
    caption = f"Accuracy in % on images made on a distilled proxy, {which}n = {counted(rest)}. L-infinity, {radii()}; "
    caption += (
        "C&W in L2, clipped to the cap; no c is printed for CIFAR-100, ours is CIFAR-10's. Agreement: test images "
    )
    caption += f"on which proxy and network say the same. Seed 0, 95 % Wilson. {DEPTHS.format(depth=depth)} "
    return Table(caption + trained(list(SETS), TRAINED, depth), tuple(cells))


def like_with_like(images: str = CLEAN_CORRECT, depth: int = 8) -> Table:
    """The same attacks made on the proxy and on the network itself, which section 5.4 compares at two radii."""
    cells = []
    for dataset, column in SETS.items():
        for training in TRAINED:
            for line in lines("table4", dataset):
                direct = replace(line, measurement="white-box")
                there = {"black-box": line} | (
                    {"white-box": direct} if direct in lines(WHITE_BOX[dataset], dataset) else {}
                )
                for kind in ("black-box", "white-box"):
                    row = beside(dataset, training, there[kind], images, depth) if kind in there else None
                    label = f"{column}, {line.label} ({training})"
                    cells.append(replace(cell(row, label, kind), applies=kind in there))
    caption = (
        "Accuracy in %, images made on the distilled proxy beside images made on the network at the same radius or c, "
    )
    caption += f"n = {counted(cells)}, seed 0, 95 % Wilson. {DEPTHS.format(depth=depth)} "
    return Table(caption + trained(list(SETS), TRAINED, depth), tuple(cells))


def radii() -> str:
    """Those of table 4, for its caption."""
    found = {SETS[d]: {line.eps for line in lines("table4", d)} - {None} for d in SETS}
    return ", ".join(f"eps = {eps:g} on {name}" for name, sizes in found.items() for eps in sizes if eps is not None)
