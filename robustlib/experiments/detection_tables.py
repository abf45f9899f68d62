"""The tables of the chapter on reverse cross-entropy: the paper's numbers beside ours, from stored results only."""

from collections.abc import Mapping
from typing import Any

from robustlib.evaluation import Cell, Table
from robustlib.experiments.paper_tables import printed
from robustlib.experiments.results import find_result
from robustlib.experiments.tables import schedule

SETS = {"mnist": "MNIST", "cifar10": "CIFAR-10"}
LOSSES = {"ce": "CE", "rce": "RCE"}
ATTACKS = ("FGSM", "BIM", "ILCM", "JSMA", "C&W", "C&W-hc")
METRICS = ("confidence", "non-ME", "K-density")
CHOSEN = "K-density, chosen gamma"


def stored(dataset: str, loss: str, what: str = "", depth: int = 32) -> dict[str, Any] | None:
    """A result of a run, or with `what` of its survey; None where it was not run."""
    name = f"rce-{dataset}-resnet{depth}-{loss}" + (f"-{what}" if what else "")
    return find_result(name)


def paper_number(table: str, **columns: str) -> float | None:
    """The one printed number whose columns are these; None where there is none."""
    rows = printed("rce", table)
    found = [r["value"] for r in rows if all(r[key] == value for key, value in columns.items())]
    return float(found[0]) if len(found) == 1 else None


def table1() -> Table:
    """Test error without a detector."""
    cells = []
    for depth in (32, 56):
        for loss, label in LOSSES.items():
            said = [f"{SETS[d]} {_trained(stored(d, loss, depth=depth))}" for d in SETS]
            row = f"ResNet-{depth} ({label}) ({'; '.join(said)})"
            for dataset, column in SETS.items():
                paper = paper_number("table1", dataset=column, model=f"ResNet-{depth}", training=label)
                result = stored(dataset, loss, depth=depth)
                cells.append(_error(row, column, paper, result))
    caption = "Test error in %, without a detector. n = 10000 official test images, seed 0, 95 % Wilson intervals."
    return Table(caption, tuple(cells), digits=2)


def _trained(result: dict[str, Any] | None) -> str:
    return "not run" if result is None else schedule(result)


def _error(row: str, column: str, paper: float | None, result: dict[str, Any] | None) -> Cell:
    if result is None:
        return Cell(row, column, paper)
    found = result["outcomes"]["clean"]
    ours, low, high = (100 - 100 * found[key] for key in ("accuracy", "high", "low"))
    return Cell(row, column, paper, ours, low, high, found["n"])


def auc_cell(row: str, column: str, record: Mapping[str, Any] | None, paper: float | None = None) -> Cell:
    """A stored detection as a cell: the AUC times 100."""
    if record is None or record["auc"] is None:
        note = "" if record is None else "nothing was fooled: no pair to tell apart"
        return Cell(row, column, paper, n=None if record is None else record["n"], note=note)
    ours, low, high = (100 * record[key] for key in ("auc", "low", "high"))
    return Cell(row, column, paper, ours, low, high, record["n"])


def table2(dataset: str, eps: float | None = None) -> Table:
    """AUC of every metric against every attack on one set; at another `eps` than the first named one without the
    printed numbers, which say no eps.
    """
    cells, radius = [], eps
    for attack in ATTACKS:
        for loss, label in LOSSES.items():
            radius = named_radius(dataset, loss) if eps is None else eps
            found = records_of(dataset, loss, attack, radius)
            for metric in (*METRICS, CHOSEN):
                keys = {"dataset": SETS[dataset], "training": label, "attack": attack, "defense": metric}
                paper = paper_number("table2", **keys) if metric in METRICS and eps is None else None
                cells.append(auc_cell(f"{attack} ({label})", metric, found and found[metric], paper))
    caption = (
        f"AUC in % on {SETS[dataset]}, ResNet-32, over images right when clean and wrong when attacked. FGSM, BIM "
    )
    caption += (
        f"and ILCM in L-infinity, eps = {'not run' if radius is None else f'{radius:.3g}'} (the paper prints none), "
    )
    caption += "JSMA in steps of that size, C&W in L2. Seed 0, 95 % DeLong intervals. "
    return Table(caption + schedules(dataset), tuple(cells))


def schedules(dataset: str, depth: int = 32) -> str:
    """How long the networks of one set were trained: "CE: 5 of 47 epochs, CPU; RCE: ..."."""
    return "; ".join(f"{said}: {_trained(stored(dataset, loss, depth=depth))}" for loss, said in LOSSES.items()) + "."


def named_radius(dataset: str, loss: str) -> float | None:
    """The radius that stands for the one the paper does not print; None before the survey."""
    result = stored(dataset, loss, "oblivious")
    return result["facts"]["named"][0] if result else None


def survey_of(dataset: str, loss: str, attack: str) -> dict[str, Any] | None:
    """The survey that an attack is in: C&W has its own."""
    return stored(dataset, loss, "searched" if attack.startswith("C&W") else "oblivious")


def name_at(result: dict[str, Any], attack: str, eps: float | None) -> str:
    """How the survey calls an attack at a radius; JSMA, which has few, at the nearest it has."""
    if attack.startswith("C&W"):
        return attack
    eps = result["facts"]["named"][0] if eps is None else eps
    if attack == "JSMA":
        sizes = [float(k.split()[1]) for k in result["facts"]["detection"] if k.startswith("JSMA ")]
        eps = min(sizes, key=lambda size: abs(size - eps), default=eps)
    return f"{attack} {eps:g}"


def records_of(dataset: str, loss: str, attack: str, eps: float | None = None) -> dict[str, dict[str, Any]] | None:
    """Detector -> its stored record against one attack, at the named radius unless another is given; None if absent."""
    result = survey_of(dataset, loss, attack)
    return result and result["facts"]["detection"].get(name_at(result, attack, eps))


def caught_table(dataset: str, metric: str = "K-density") -> Table:
    """What one detector catches at 1 % and at 5 % false positives, thresholds from held-out clean images."""
    cells = []
    for attack in ATTACKS:
        for loss, label in LOSSES.items():
            if (found := records_of(dataset, loss, attack)) is None:
                continue
            record = found[metric]
            for level, column in (("0.01", "1 %"), ("0.05", "5 %")):
                share = record["caught"] and record["caught"][level]
                ours, low, high = (100 * share[k] if share else None for k in ("share", "low", "high"))
                cells.append(Cell(f"{attack} ({label})", f"caught at {column}", None, ours, low, high, record["n"]))
            cells.append(auc_cell(f"{attack} ({label})", "AUC", record))
    caption = (
        f"Share of successful attacks that {metric} catches on {SETS[dataset]}, in %, where it may refuse 1 or 5 % "
    )
    return Table(caption + "of clean images (threshold from held-out ones). Seed 0, 95 % intervals.", tuple(cells))
