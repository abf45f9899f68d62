"""What the figures of the chapter on reverse cross-entropy draw, from stored rows only."""

from typing import Any

from robustlib.chapters.reverse_cross_entropy.tables import CHOSEN, LOSSES, METRICS, against, network
from robustlib.experiments.detector_rows import detection_record
from robustlib.experiments.pictures import unpacked
from robustlib.experiments.rows import Row, maybe, one, select
from robustlib.experiments.stored import stored_rows


def measured(dataset: str, kind: str) -> dict[str, list[Row]]:
    """Loss -> the rows of one kind of measurement, where there are any."""
    found = {loss: stored_rows(network(dataset, loss), kind) for loss in LOSSES}
    return {loss: rows for loss, rows in found.items() if rows}


def accuracy_curves(dataset: str, attack: str) -> dict[str, dict[float, tuple[Any, ...]]]:
    """Figure 2a: loss -> {eps: accuracy and its interval} of one attack without a detector, clean at 0."""
    found = {}
    for loss, rows in measured(dataset, "oblivious").items():
        own = [*select(rows, metric="accuracy", attack=""), *select(rows, metric="accuracy", attack=attack)]
        found[loss] = dict(sorted((row.eps or 0.0, (row.value, row.low, row.high)) for row in own))
    return found


def distortions(dataset: str) -> dict[str, dict[str, dict[str, Any]]]:
    """Figure 2b: attack -> loss -> mean, median, quartiles and number of the distortions of C&W."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for loss, rows in measured(dataset, "carlini-wagner").items():
        for row in sorted(select(rows, metric="distortion"), key=lambda row: row.attack):
            if row.value is not None:
                sizes = {"median": row.value, "low": row.low, "high": row.high, "n": row.n}
                found.setdefault(row.attack, {})[loss] = sizes | {"mean": row.series["mean"]}
    return found


def detection_records(dataset: str, loss: str, attack: str) -> dict[str, dict[str, Any]]:
    """Detector -> its record against one attack at the named eps; detectors that saw no pair are left out."""
    rows = against(dataset, loss, attack)
    records = {name: detection_record(select(rows, defense=name)) for name in sorted((*METRICS, CHOSEN)) if rows}
    return {name: record for name, record in records.items() if record is not None}


def auc_curve(dataset: str, loss: str, attack: str, detector: str = "K-density") -> dict[float, tuple[Any, ...]]:
    """eps -> the AUC of a detector against one attack, with its interval, in the order of the radii."""
    rows = select(stored_rows(network(dataset, loss), "oblivious"), metric="AUC", attack=attack, defense=detector)
    there = [row for row in rows if row.value is not None and row.eps is not None]
    return {row.eps or 0.0: (row.value, row.low, row.high) for row in sorted(there, key=lambda row: row.eps or 0.0)}


def gamma_curves(dataset: str, attack: str) -> dict[str, dict[float, dict[str, float]]]:
    """Loss -> {gamma: AUC and interval} of the kernel density against one attack."""
    found = {loss: maybe(against(dataset, loss, attack), metric="AUC", defense="K-density") for loss in LOSSES}
    curves = {loss: row.series.get("gamma", {}) for loss, row in found.items() if row is not None}
    there = {loss: {float(g): auc for g, auc in curve.items() if auc is not None} for loss, curve in curves.items()}
    return {loss: dict(sorted(curve.items())) for loss, curve in there.items() if curve}


def pictures(
    dataset: str, loss: str, attack: str = "detector-aware C&W", false_positives: float = 0.05
) -> dict[str, Any]:
    """Figure 3: the stored digits of one white-box attack: x and x_adv as tensors in [0, 1], y, says, fooled."""
    columns: dict[str, Any] = {"metric": "detected", "attack": attack, "false_positives": false_positives}
    return unpacked(one(stored_rows(network(dataset, loss), "white-box"), **columns).series["pictures"])


def embedding_maps(dataset: str) -> dict[str, dict[str, Any]]:
    """Figures 1b and 1c: loss -> t-SNE coordinates and labels, and on how many axes a class is spread out."""
    rows = {loss: one(rows, metric="participation ratio") for loss, rows in measured(dataset, "map").items()}
    return {loss: {**row.series["map"], "axes": row.value} for loss, row in rows.items()}


def gammas(dataset: str) -> dict[str, dict[str, Any]]:
    """The printed and the chosen gamma of each loss, as `gamma_figure` takes them."""
    found = measured(dataset, "oblivious")
    return {
        said: {loss: one(rows, metric="gamma", defense=detector).value for loss, rows in found.items()}
        for said, detector in (("printed", "K-density"), ("chosen", CHOSEN))
    }
