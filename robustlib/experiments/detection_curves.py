"""What the figures of the chapter on reverse cross-entropy draw, from stored results only."""

from typing import Any

from robustlib.experiments.detection_tables import LOSSES, name_at, records_of, stored, survey_of
from robustlib.experiments.pictures import unpacked


def accuracy_curves(dataset: str, attack: str) -> dict[str, dict[float, Any]]:
    """Figure 2a: loss -> {eps: stored outcome} of one attack without a detector, with the clean accuracy at 0."""
    found = {}
    for loss, label in LOSSES.items():
        if (result := stored(dataset, loss, "oblivious")) is not None:
            at = {float(k.split()[1]): o for k, o in result["outcomes"].items() if k.split()[0] == attack and " " in k}
            found[label] = {0.0: result["outcomes"]["clean"]} | dict(sorted(at.items()))
    return found


def distortions(dataset: str) -> dict[str, dict[str, dict[str, float]]]:
    """Figure 2b: attack -> loss -> mean, median, quartiles and number of the distortions of C&W."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for loss, label in LOSSES.items():
        if (result := stored(dataset, loss, "searched")) is not None:
            for attack, sizes in result["facts"]["distortion"].items():
                if sizes is not None:
                    found.setdefault(attack, {})[label] = sizes
    return found


def detection_records(dataset: str, loss: str, attack: str) -> dict[str, dict[str, Any]]:
    """Detector -> its stored record against one attack at the named eps; detectors that saw no pair are left out."""
    records = records_of(dataset, loss, attack) or {}
    return {name: record for name, record in records.items() if record["auc"] is not None}


def gamma_curves(dataset: str, attack: str) -> dict[str, dict[float, dict[str, float]]]:
    """Loss -> {gamma: AUC and interval} of the kernel density against one attack."""
    found = {}
    for loss, label in LOSSES.items():
        if (result := survey_of(dataset, loss, attack)) is not None:
            curve = result["facts"]["gamma curve"].get(name_at(result, attack, None), {})
            found[label] = {float(g): auc for g, auc in curve.items() if auc is not None}
    return {label: dict(sorted(curve.items())) for label, curve in found.items() if curve}


def pictures(dataset: str, loss: str, attack: str) -> dict[str, Any] | None:
    """Figure 3: the stored images of one white-box attack: x and x_adv as tensors in [0, 1], y, says, hidden."""
    result = stored(dataset, loss, "white-box")
    if result is None:
        return None
    return unpacked(result["facts"]["pictures"][attack])


def embedding_maps(dataset: str) -> dict[str, dict[str, Any]]:
    """Figures 1b and 1c: loss -> the stored t-SNE coordinates and labels of test images."""
    found = {label: stored(dataset, loss, "map") for loss, label in LOSSES.items()}
    return {label: result["facts"] for label, result in found.items() if result is not None}


def gammas(dataset: str) -> dict[str, dict[str, float]]:
    """The printed and the chosen gamma of each loss, as `gamma_figure` takes them."""
    found = {label: stored(dataset, loss, "oblivious") for loss, label in LOSSES.items()}
    there = {label: result["facts"] for label, result in found.items() if result is not None}
    return {
        key: {label: facts[at] for label, facts in there.items()}
        for key, at in (("printed", "gamma"), ("chosen", "chosen gamma"))
    }
