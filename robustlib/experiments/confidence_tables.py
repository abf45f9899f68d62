"""C&W at three confidences: equal in logits, as printed, and equal in probability; from stored results only."""

from robustlib.evaluation import Cell, Table
from robustlib.experiments.detection_tables import CHOSEN, LOSSES, METRICS, SETS, auc_cell, schedules, stored
from robustlib.experiments.oblivious import SURE

CONFIDENCES = {"C&W": "C&W, kappa 0", "C&W-hc": "kappa 10 logits", "C&W sure": f"probability {SURE}"}


def matched_table(dataset: str) -> Table:
    """What each demand achieves on each network, how far it has to go, and what the detectors say of the images."""
    cells, counts = [], set()
    for attack, words in CONFIDENCES.items():
        for loss, label in LOSSES.items():
            row, result = f"{words} ({label})", stored(dataset, loss, "searched")
            facts = result["facts"] if result else {"detection": {}, "confidence": {}, "distortion": {}}
            detection = facts["detection"].get(attack)
            counts |= {result["outcomes"][attack]["n"]} if result else set()
            for column, scale, key in (("probability, %", 100, "confidence"), ("distortion", 1, "distortion")):
                sizes = facts[key].get(attack)
                middle, low, high = (scale * sizes[k] if sizes else None for k in ("median", "low", "high"))
                cells.append(Cell(row, column, None, middle, low, high))
            cells += [auc_cell(row, metric, detection and detection[metric]) for metric in (*METRICS, CHOSEN)]
    caption = f"C&W on {SETS[dataset]}, L2, random targets, n = {' and '.join(map(str, sorted(counts))) or 'not run'}. "
    caption += "Probability of the target and distortion (L2 over the root of d, pixels in 0 .. 255): medians, middle "
    return Table(caption + f"half. Detectors: AUC in %, 95 % DeLong. Seed 0. {schedules(dataset)}", tuple(cells))
