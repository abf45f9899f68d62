"""What attacked images leave of DunDi: images made on another network, and its own attackers, from stored results."""

from dataclasses import replace

from robustlib.chapters.dundi.oracles import N, counted_oracles, read_by
from robustlib.chapters.dundi.source_images import CLEAN_CORRECT, SOURCES
from robustlib.chapters.dundi.tables import (
    ATTACKS,
    DRAWS,
    MEAN,
    NETWORKS,
    SECOND_R3,
    SETS,
    found,
    is_native,
    mean_row,
    trained,
    transfer_row,
)
from robustlib.evaluation import Cell, Table
from robustlib.evaluation.evidence import shown_eps
from robustlib.experiments.registry import experiment
from robustlib.experiments.rows import maybe, select
from robustlib.experiments.stored import stored_rows
from robustlib.experiments.tables import NOT_RUN, auc_cell, cell, counted, schedule

ON_CE, ON_MARGIN, WORST = "cross-entropy PGD on distances", "margin PGD on distances", "worst case"
FROM_NATIVE = "margin PGD from the native network"  # in the rows "margin PGD", with that network as its source
CLEAN, UNKNOWN, THROUGH_BOTH = "clean", "margin PGD on unknown oracles", "margin PGD through both steps"
SEEN = (CLEAN, "noise", ON_CE, ON_MARGIN, "Square", WORST)  # as many columns as a page holds in sight
FOLDED = (THROUGH_BOTH, UNKNOWN, "feature matching to the oracles", FROM_NATIVE)
LENGTHS = ("dundi-mnist-r1-36k", "dundi-mnist-r1", "dundi-mnist-r1-36k-unit", "dundi-mnist-r3", "dundi-mnist-r3-slower")


def measured(dataset: str, kind: str, there: bool = True) -> list[str]:
    """The networks of one set that a measurement is there of, or is not."""
    return [name for name in NETWORKS[dataset] if bool(stored_rows(name, kind)) == there]


def waiting(dataset: str, kind: str) -> str:
    """Which networks have none yet, for a caption: " Not run: DunDi_R2."; nothing where all have."""
    rows = [experiment(name).label for name in measured(dataset, kind, there=False)]
    return f" Not run: {', '.join(rows)}." if rows else ""


def figure6(dataset: str = "mnist", images: str = CLEAN_CORRECT) -> Table:
    """What each network reads right of the images made on the source: of all, or of those that fooled it."""
    columns = {attack: attack for attack in ATTACKS} | {MEAN: "mean of the four"}
    rows = {name: {a: transfer_row(name, a, images) for a in columns} for name in measured(dataset, "transfer")}
    cells = [cell(rows[name][a], experiment(name).label, column) for name in rows for a, column in columns.items()]
    meant = [name for name in rows if not is_native(name) and name != SECOND_R3]
    one = "mean of the DunDi models" + " (ours: one)" * len(meant)
    label = f"mean of {len(meant)} DunDi models" if len(meant) > 1 else one
    label += " (R3 once)" if SECOND_R3 in rows else ""
    for attack, column in columns.items():
        ours = [rows[name][attack] for name in meant]
        values = [row.value for row in ours if row is not None and row.value is not None]
        asked = {"attack": attack, "images": images, "dataset": dataset, "network": "mean of the DunDi networks"}
        cells.append(cell(mean_row(values, **asked), label, column))
    which = "" if images == CLEAN_CORRECT else " and misread by it"
    caption = f"Read right, in %, of the images made on Feinman's network{which}, {SETS[dataset]}, L-infinity, "
    caption += f"eps = {SOURCES[dataset].eps:g} (JSMA: few pixels), n = {counted(cells)}, "
    caption += f"seed 0. DunDi: {N} oracles a class, mean of five draws, brackets: least and most of them, or of the "
    source = schedule(SOURCES[dataset].network)
    caption += "models; native networks: 95 % Wilson." + (f" Source: {source}." if source != NOT_RUN else "")
    return Table(caption + trained(list(rows)) + waiting(dataset, "transfer"), tuple(cells))


def figure7(network: str = "dundi-mnist-p1") -> Table:
    """Success rate of one network against the number of oracles; the paper quotes those of DunDi_P1 with one."""
    there = stored_rows(network, "transfer")
    sizes = [n for n in (1, 5, 10, 20) if select(there, defense=read_by(n))] or [1]
    cells = []
    for attack in ATTACKS:
        for n in sizes:
            cells.append(cell(transfer_row(network, attack, defense=read_by(n)), attack, counted_oracles(n)))
    caption = (
        f"What {experiment(network).label} reads right, in %, by the number of oracles a class, of the images made on "
    )
    caption += f"Feinman's network, MNIST, L-infinity, eps = {SOURCES['mnist'].eps:g} (JSMA: few pixels), n = "
    return Table(f"{caption}{counted(cells)}, seed 0. {DRAWS}.{trained([network])}", tuple(cells))


def bayesian(dataset: str = "mnist") -> Table:
    """The column "Bayesian" of figure 6: what Feinman's detector says of the images that fooled their source."""
    rows = stored_rows(f"dundi-{dataset}-feinman", "bayesian")
    cells = [auc_cell(maybe(rows, metric="AUC", attack=attack), "AUC", attack) for attack in ATTACKS]
    caption = f"Feinman's detector on its own network, {SETS[dataset]}: AUC in %, 95 % DeLong intervals, seed 0. "
    caption += "Fitted on half of the images that fooled the network, measured on the other half, "
    caption += f"n = {counted(cells)}, L-infinity, eps = {SOURCES[dataset].eps:g} (JSMA: few pixels)."
    return Table(caption + trained([SOURCES[dataset].network]), tuple(cells))


def white_box(dataset: str, eps: float, columns: tuple[str, ...] = SEEN) -> Table:
    """The robust accuracy at one radius, clean and under some attacks, of every network that met one of them."""
    cells, plain = [], {CLEAN: "", ON_MARGIN: "margin PGD", "noise": "noise"}  # a plain network has logits, and met two
    for name in measured(dataset, "white-box"):
        asked = plain if is_native(name) else {a: {CLEAN: "", FROM_NATIVE: "margin PGD"}.get(a, a) for a in columns}
        for column in columns if set(columns) & set(asked) else ():
            radius = None if column == CLEAN else eps
            row = found(name, "white-box", attack=asked[column], eps=radius) if column in asked else None
            cells.append(replace(cell(row, experiment(name).label, column), applies=column in asked))
    caption = f"Robust accuracy in % on {SETS[dataset]}, L-infinity, eps = {shown_eps(eps)}, n = {counted(cells)}, "
    caption += f"seed 0, 95 % Wilson. Two-step rule, {N} oracles a class; native networks: margin PGD on the logits."
    caption += trained(measured(dataset, "white-box"))
    return Table(caption + waiting(dataset, "white-box"), tuple(cells))


def lengths(eps: float = 0.1) -> Table:
    """Networks trained shorter, longer, at unit length, in smaller steps: how wide and how robust they are."""
    cells = []
    for name in LENGTHS:
        label = experiment(name).label
        accuracy = found(name, "oracles", defense=read_by())
        if accuracy is None or not stored_rows(name, "white-box"):
            cells.append(Cell(label, "accuracy"))
            continue
        width = found(name, "oracles", "distance between classes")
        flat = found(name, "white-box", "zero gradients", attack=ON_CE)
        first = [
            cell(replace(accuracy, reported=None), label, "accuracy"),
            cell(width, label, "mean distance of classes", scale=1),
            cell(flat, label, "zero gradient of cross-entropy"),
        ]
        cells += [replace(c, n=None) for c in first]  # the caption says on what they rest
        for attack in (ON_CE, ON_MARGIN, WORST):
            cells.append(cell(found(name, "white-box", attack=attack, eps=eps), label, attack))
    caption = f"DunDi_R on MNIST, {N} oracles a class, 360,000 tuples unless the row says fewer. Distances in units of "
    caption += "the embedding, all else in %. Accuracy of 10,000 images; brackets: least and most over five draws. "
    caption += f"Attacks: L-infinity, eps = {eps:g}, "
    return Table(f"{caption}n = {counted(cells)}, seed 0, 95 % Wilson.{trained(LENGTHS)}", tuple(cells))
