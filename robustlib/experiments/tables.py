"""The tables of the papers beside our numbers, from result files and data/paper_tables only."""

from collections.abc import Sequence
from dataclasses import replace
from statistics import mean
from typing import Any

from torch import nn

from robustlib.evaluation import Cell, Table, TextTable
from robustlib.experiments.paper_tables import Claim, printed
from robustlib.experiments.results import load_result, result_path, trained_epochs
from robustlib.models import convnet

PAPER = "robust_representations"
ROWS = ("softmax", "ours", "ours-pgd", "ours-fgsm", "softmax-pgd")
COLUMNS = ("clean", "FGSM", "BIM", "MIM", "PGD 2/255 x 10", "PGD 0.01 x 40")
ADAPTIVE = ("U1 margin PGD", "DLR PGD", "U2 feature matching", "worst case of all")
HEADS = ("fresh linear head: margin PGD", "nearest mean head: margin PGD", "nearest neighbour head: margin PGD")


def available(network: str, rows: Sequence[str] = ROWS, seed: int = 0) -> list[dict[str, Any]]:
    """The results of a network that are there, in the order of the paper's table."""
    names = [f"{network}-{row}" for row in rows]
    return [load_result(name, seed) for name in names if result_path(name, seed).is_file()]


def schedule(result: dict[str, Any]) -> str:
    """For example "4 of 10 epochs, CPU"."""
    return f"{trained_epochs(result)} of {result['schedule']['paper_epochs']} epochs, {result['device']}"


def cell(result: dict[str, Any], column: str, paper: float | None = None) -> Cell:
    """One outcome of a result as a cell, in per cent."""
    label, found = f"{result['row']} ({schedule(result)})", result["outcomes"].get(column)
    if found is None:
        return Cell(label, column, paper)
    ours, low, high = (100 * found[key] for key in ("accuracy", "low", "high"))
    return Cell(label, column, paper, ours, low, high, found["n"])


def outcomes_table(network: str, columns: Sequence[str], caption: str, rows: Sequence[str] = ROWS) -> Table:
    """The outcomes named in `columns` of every result of a network; the caption is completed with n and the seed."""
    cells = []
    for result in available(network, rows):
        paper = {c["outcome"]: c["paper"] for c in result["claims"]}
        cells += [cell(result, column, paper.get(column)) for column in columns]
    counts = sorted({c.n for c in cells if c.n is not None})
    tail = f"n = {' or '.join(map(str, counts))} official test images, seed 0, 95 % Wilson intervals."
    return Table(f"{caption} {tail}", tuple(cells))


def table1(network: str = "rr-convnet") -> Table:
    """Table 1 of the report; its one PGD column stands beside both readings of ours."""
    caption = "Accuracy in %. L-infinity, eps = 0.3; every attack is judged by its last iterate, as in the paper."
    return outcomes_table(network, COLUMNS, caption)


def adaptive(network: str = "rr-convnet") -> Table:
    """What the adaptive attacks leave at eps 0.3."""
    return outcomes_table(network, ADAPTIVE, "Robust accuracy in % under adaptive attacks. L-infinity, eps = 0.3.")


def other_heads(network: str = "rr-convnet") -> Table:
    """The same bodies under other heads, attacked by one run of margin PGD."""
    caption = "Robust accuracy in % of the same body under a new head. L-infinity, eps = 0.3, margin PGD 100 x 0.02."
    found = outcomes_table(network, HEADS, caption)
    return replace(found, cells=tuple(replace(c, column=c.column.split(":")[0]) for c in found.cells))


def paper_says(training: str, attack: str = "") -> str:
    """A number of the printed table 1 for a sentence: "26.52 %"."""
    return f"{Claim('', PAPER, 'table1', training, attack).value:g} %"


def quote(experiment: str, outcome: str, seed: int = 0) -> str:
    """One measured accuracy for a sentence: "12.3 % [10.4, 14.5; n = 1000]".

    Raises: FileNotFoundError if it was not run; KeyError if it was not measured.
    """
    found = load_result(experiment, seed)["outcomes"][outcome]
    ours, low, high = (100 * found[key] for key in ("accuracy", "low", "high"))
    return f"{ours:.1f} % [{low:.1f}, {high:.1f}; n = {found['n']}]"


def curve(experiment: str, attack: str, seed: int = 0) -> dict[float, dict[str, Any]]:
    """The stored sweep of one attack: {eps: outcome}, smallest eps first, with the clean accuracy at 0."""
    outcomes = load_result(experiment, seed)["outcomes"]
    at = {float(name.rsplit(" at ", 1)[1]): o for name, o in outcomes.items() if name.startswith(f"{attack} at ")}
    return {0.0: outcomes["clean"]} | dict(sorted(at.items()))


def separation(result: dict[str, Any]) -> Cell:
    """How many cluster widths lie between two clusters, measured on training images."""
    return Cell(result["row"], SEPARATION, None, result["facts"][SEPARATION])


SEED_COLUMNS = ("clean", "FGSM", "PGD 0.01 x 40", "worst case at 0.05", "worst case at 0.1", "worst case at 0.2")
SEPARATION = "separation"  # a fact of the embedding, not an accuracy: cluster widths between two clusters


def seeds_table(network: str, columns: Sequence[str] = (*SEED_COLUMNS, SEPARATION)) -> Table:
    """Every row of a network over the seeds that were run: the mean between least and most, or one interval."""
    cells = []
    for row in ROWS:
        done = [load_result(f"{network}-{row}", s) for s in range(10) if result_path(f"{network}-{row}", s).is_file()]
        for column in columns if done else ():
            found = [separation(r) if column == SEPARATION else cell(r, column) for r in done]
            values = [c.ours for c in found if c.ours is not None]
            label = f"{done[0]['row']} ({schedule(done[0])}, {len(done)} seed{'s' * (len(done) > 1)})"
            if len(values) == 1:
                cells.append(replace(found[0], row=label))
            elif values:
                cells.append(Cell(label, column, None, mean(values), min(values), max(values), found[0].n))
    counts = " or ".join(str(n) for n in sorted({c.n for c in cells if c.n is not None}))
    caption = f"Accuracy in %. L-infinity; FGSM and PGD at eps 0.3; worst case: U1 and U2, n = {counts} official test "
    caption += "images. Brackets: least and most over the seeds; with one seed the 95 % Wilson interval. Separation: "
    caption += "distance between class centres in units of a cluster's width."
    return Table(caption, tuple(cells))


def architecture() -> TextTable:
    """The report's architecture table beside the layers with weights of ours."""
    parts = list(convnet().body.children())
    layers = [i for i, m in enumerate(parts) if isinstance(m, nn.Conv2d | nn.Linear)]
    names = [_layer(parts[i], _activation(parts[i + 1 : i + 3])) for i in layers] + [_layer(convnet().head)]
    ours = [f"{names[i]}, {names[i + 1]}" for i in (0, 2, 4)] + names[6:]
    rows = [r for r in printed(PAPER, "architecture") if r["parameter"] == "Layers"]
    lines = tuple((r["scope"], r["value"], text) for r, text in zip(rows, ours, strict=True))
    return TextTable(
        "The network of the report's section 3.2, and ours; in ours every convolution block ends in pooling.",
        ("block", "paper", "ours"),
        lines,
    )


def _activation(following: Sequence[nn.Module]) -> str:
    """ ", ReLU" where a ReLU comes next, before or after a pool."""
    kinds = [type(m) for m in following if not isinstance(m, nn.MaxPool2d)]
    return ", ReLU" if kinds and kinds[0] is nn.ReLU else ""


def _layer(layer: nn.Module, activation: str = "") -> str:
    """A layer with weights in the paper's words."""
    if isinstance(layer, nn.Conv2d):
        return f"Conv({layer.out_channels}, {layer.kernel_size[0]}x{layer.kernel_size[1]}{activation})"
    return f"Dense({layer.out_features}{activation})" if isinstance(layer, nn.Linear) else type(layer).__name__
