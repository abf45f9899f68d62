"""The tables of the chapter on robust representations: the report's numbers beside ours, from rows only."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from torch import nn

from robustlib.evaluation import Cell, Table, TextTable
from robustlib.experiments import Row, maybe, one, printed, registry, select, stored_rows
from robustlib.experiments.readings import reading
from robustlib.experiments.tables import cell, counted, schedule, spread
from robustlib.models import convnet

ROWS = ("softmax", "ours", "ours-pgd", "ours-fgsm", "softmax-pgd")  # in the order of the report's table
Columns = dict[str, dict[str, Any]]  # label -> the columns of its rows
PGD_READINGS: Columns = {
    "PGD 10 x 2/255, no start": {"attack": "small-step PGD"},
    "PGD 40 x 0.01, random start": {"attack": "PGD"},
}
TABLE1: Columns = {"clean": {"attack": ""}} | {name: {"attack": name} for name in ("FGSM", "BIM", "MIM")} | PGD_READINGS
ADAPTIVE: Columns = {"worst of all": {"attack": "worst case"}}  # first, where a phone shows it
ADAPTIVE |= {name: {"attack": name} for name in ("margin PGD", "DLR PGD", "feature matching")}
HEADS: Columns = {
    f"{head} head": {"attack": "margin PGD", "defense": f"{head} head"}
    for head in ("fresh linear", "nearest mean", "nearest neighbour")
}
WORST = "margin PGD and feature matching"  # of the sweeps
SEPARATION = "separation"  # of the embedding: between-class distance over within-class distance


def measured(network: str, kind: str = "attacked", seed: int | None = 0) -> dict[str, list[Row]]:
    """The rows of every network that was measured so, by its label, in the order of the report's table."""
    found = {row: stored_rows(f"{network}-{row}", kind, seed) for row in ROWS}
    label = {row: registry.experiment(f"{network}-{row}").label.replace("the paper", "the report") for row in ROWS}
    return {label[row]: rows for row, rows in found.items() if rows}


def accuracy(rows: Sequence[Row], label: str, column: str, wanted: Mapping[str, Any]) -> Cell:
    """The accuracy of these columns as a cell, in per cent."""
    return cell(maybe(rows, **{"metric": "accuracy", "defense": ""} | dict(wanted)), label, column)


def accuracies(network: str, columns: Columns, caption: str) -> Table:
    """The named accuracies of every network; the caption is completed with n and the seed."""
    cells = [
        accuracy(rows, f"{label} ({schedule(rows[0].network)})", column, wanted)
        for label, rows in measured(network).items()
        for column, wanted in columns.items()
    ]
    tail = f"n = {counted(cells, nothing='')} official test images, seed 0, 95 % Wilson intervals."
    return Table(f"{caption} {tail}", tuple(cells))


def table1(network: str = "rr-convnet") -> Table:
    """Table 1 of the report; its one PGD column stands beside both of our readings."""
    caption = "Accuracy in %. L-infinity, eps = 0.3; every attack is judged by its last iterate."
    return accuracies(network, TABLE1, caption)


def pgd_readings(network: str = "rr-convnet") -> dict[str, dict[str, Row]]:
    """Both readings of the report's PGD on every network, by its label."""
    return {
        label: {name: one(rows, metric="accuracy", defense="", **wanted) for name, wanted in PGD_READINGS.items()}
        for label, rows in measured(network).items()
    }


def adaptive(network: str = "rr-convnet") -> Table:
    """What the adaptive attacks leave at eps 0.3; their worst case is over these attacks and those of table 1."""
    caption = (
        "Robust accuracy in % under adaptive attacks. L-infinity, eps = 0.3; worst of all: of these and of table 1."
    )
    return accuracies(network, ADAPTIVE, caption)


def other_heads(network: str = "rr-convnet") -> Table:
    """The same bodies under other heads, attacked by one run of margin PGD."""
    caption = "Robust accuracy in % of the same body under a new head. L-infinity, eps = 0.3, margin PGD 100 x 0.02."
    return accuracies(network, HEADS, caption)


def seeds(network: str = "rr-lenet") -> Table:
    """Every row of a network over the seeds that were run: the mean between least and most, or one interval."""
    at_eps = {name: TABLE1[name] for name in ("clean", "FGSM", "PGD 40 x 0.01, random start")}
    swept = {f"worst of two at {eps:g}": {"attack": WORST, "eps": eps} for eps in (0.05, 0.1, 0.2)}
    cells = []
    for label, rows in measured(network, "attacked", None).items():
        done = sorted({row.seed for row in rows if row.seed is not None})
        name = f"{label} ({schedule(rows[0].network, done[0])}, {len(done)} seed{'s' * (len(done) > 1)})"
        curves = stored_rows(rows[0].network, "sweep")
        for source, columns in ((curves, swept), (rows, at_eps)):
            for column, wanted in columns.items():
                found = [accuracy(select(source, seed=seed), name, column, wanted) for seed in done]
                cells.append(spread(name, column, found))
        apart = [cell(one(rows, metric=SEPARATION, seed=seed), name, SEPARATION, scale=1) for seed in done]
        cells.append(replace(spread(name, SEPARATION, apart), n=None))  # of training images, not of those below
    caption = f"Accuracy in %. L-infinity; FGSM and PGD at eps 0.3; worst of two: {WORST}, n = "
    caption += f"{counted(cells, nothing='')} official test images. Several seeds: mean [least, most]; one "
    caption += "seed: 95 % Wilson interval. Separation: between-class over within-class distance."
    return Table(caption, tuple(cells))


def curve(network: str, attack: str, seed: int = 0) -> dict[float, tuple[float, float, float]]:
    """The stored sweep of one attack: {eps: share and interval}, smallest eps first, with the clean accuracy at 0."""
    rows = select(stored_rows(network, "sweep", seed), metric="accuracy", attack=("", attack))
    return {row.eps or 0.0: reading(row) for row in sorted(rows, key=lambda row: row.eps or 0.0)}


def find(network: str, kind: str = "attacked", seed: int = 0, **columns: Any) -> Row:
    """One row of a network; of its accuracies as trained, where the columns say nothing else.

    Raises: LookupError where it was not measured; ValueError for an unknown column.
    """
    return one(stored_rows(network, kind, seed), **{"metric": "accuracy", "defense": ""} | columns)


def architecture() -> TextTable:
    """The report's architecture table beside the layers with weights of ours."""
    parts = list(convnet().body.children())
    layers = [i for i, m in enumerate(parts) if isinstance(m, nn.Conv2d | nn.Linear)]
    names = [_layer(parts[i], _activation(parts[i + 1 : i + 3])) for i in layers] + [_layer(convnet().head)]
    ours = [f"{names[i]}, {names[i + 1]}" for i in (0, 2, 4)] + names[6:]
    rows = [r for r in printed("robust_representations", "architecture") if r["parameter"] == "Layers"]
    lines = tuple((r["scope"], r["value"], text) for r, text in zip(rows, ours, strict=True))
    return TextTable(
        "The layers of the report's section 3.2, and those trained here; here every convolution block ends in pooling.",
        ("block", "report", "here"),
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
