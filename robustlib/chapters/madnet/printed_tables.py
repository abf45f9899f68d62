"""MadNet's tables 1 to 3 and 5 with ours beside them, and under the readings they leave open; from stored rows only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from robustlib.chapters.madnet.white_box import CLEAN_CORRECT, NINE, READINGS, WhiteBox, of_one_weight
from robustlib.evaluation import Cell, Table, TextTable
from robustlib.experiments.printed import awaited, lacking, printed, reported
from robustlib.experiments.rows import Row, maybe
from robustlib.experiments.stored import stored_rows
from robustlib.experiments.tables import cell, counted, schedule

PAPER = "madnet"
SETS = {"mnist": "MNIST", "cifar10": "CIFAR-10", "cifar100": "CIFAR-100"}
WHITE_BOX = {"mnist": "table1", "cifar10": "table2", "cifar100": "table3"}
CAPS = {"mnist": "0.3", "cifar10": "0.03", "cifar100": "0.03"}
METHODS = {"CE": "ce", "PCL": "pcl", "MAD": "mad"}
TRAININGS = METHODS | {f"{name} + PGD": f"{method}-pgd" for name, method in METHODS.items()}
CLIPPED = f", {READINGS['clip']}"
OTHER_STEPS = {"BIM": "BIM, steps of eps/4", "PGD": "PGD, steps of 2/255"}
DEPTHS = "Ours at ResNet-{depth}, the paper's at ResNet-56."
QUOTED = "Its numbers of PCL are quoted from Mustafa et al. 2019, of a larger network."
SHORT_STEPS = "Ten steps of 2/255 move a pixel by 0.078 at most."


@dataclass(frozen=True)
class Line:
    """A printed line: what it says of every network."""

    measurement: str
    attack: str
    eps: float | None = None

    @property
    def label(self) -> str:
        """How a table calls it."""
        radius = "" if self.eps is None else f", eps = {self.eps:g}"
        return (self.attack.removesuffix(CLIPPED) or "no attack") + radius

    def columns(self, images: str) -> dict[str, Any]:
        """By which its row is found."""
        found = {"metric": "accuracy", "measurement": self.measurement, "attack": self.attack}
        return found | ({"images": images} if self.attack else {}) | ({} if self.eps is None else {"eps": self.eps})


def network(dataset: str, training: str, depth: int = 8) -> str:
    """The name of a network of this chapter."""
    return f"madnet-{dataset}-resnet{depth}-{TRAININGS[training]}"


def lines(table: str, dataset: str) -> list[Line]:
    """The lines of a printed table, in its order."""
    at = {n.line: n.columns for n in reported(PAPER) if n.table == table and n.columns["dataset"] == dataset}
    return list(dict.fromkeys(Line(c["measurement"], c["attack"], c.get("eps")) for _, c in sorted(at.items())))


def beside(dataset: str, training: str, line: Line, images: str = CLEAN_CORRECT, depth: int = 8) -> Row | None:
    """The row of a network with the printed number; where there is none, the printed number alone."""
    columns = line.columns(images)
    row = maybe(stored_rows(network(dataset, training, depth), line.measurement, 0), **columns)
    return row or awaited(PAPER, **columns, dataset=dataset, training=training)


def trained(datasets: Sequence[str], trainings: Sequence[str], depth: int = 8) -> str:
    """How long the networks of a table were trained: "MNIST: CE, MAD 3 of 80 epochs, CPU; PCL not run."."""
    said = []
    for dataset in datasets:
        found: dict[str, list[str]] = {}
        for training in trainings:
            found.setdefault(schedule(network(dataset, training, depth)), []).append(training)
        said.append(f"{SETS[dataset]}: " + "; ".join(f"{', '.join(names)} {words}" for words, names in found.items()))
    return ". ".join(said) + "."


def white_box(dataset: str = "mnist", images: str = CLEAN_CORRECT, depth: int = 8, other_steps: bool = False) -> Table:
    """Tables 1 to 3: over the images that a network reads right when clean, as printed, or with images="" over all.

    With `other_steps` BIM and PGD alone, each beside the steps of another harness.
    """
    rows = lines(WHITE_BOX[dataset], dataset)
    if other_steps:
        rows = [r for line in rows if line.attack in OTHER_STEPS
                for r in (line, replace(line, attack=OTHER_STEPS[line.attack]))]  # fmt: skip
    cells = [
        cell(beside(dataset, training, line, images, depth), line.label, training)
        for line in rows for training in TRAININGS
    ]  # fmt: skip
    which = f"images that the network reads right when clean, n = {count(cells)}" if images else f"n = {count(cells)}"
    search = any("C&W" in line.attack for line in rows)
    caption = f"Accuracy in % on {SETS[dataset]} under white-box attacks, L-infinity"
    caption += f" (C&W: L2, clipped to a change of {CAPS[dataset]})" if search else ""
    caption += f", {which}; no attack: all test images. Seed 0, 95 % Wilson. {DEPTHS.format(depth=depth)} {QUOTED} "
    caption += f"{SHORT_STEPS} " if other_steps else ""
    return Table(caption + trained([dataset], list(TRAININGS), depth), tuple(cells))


def count(cells: Sequence[Cell]) -> str:
    """On how many images the attacks of a table rest."""
    return counted(c for c in cells if c.row != "no attack")


def capped(dataset: str = "mnist", images: str = CLEAN_CORRECT, depth: int = 8) -> Table:
    """C&W with one weight c in the three readings of the cap, beside the nine search steps of CE and MAD."""
    cells = []
    steps = [line for line in lines(WHITE_BOX[dataset], dataset) if line.attack.endswith(CLIPPED)]
    for line in [*steps, Line("white-box", NINE)]:
        for training in TRAININGS if line in steps else ("CE", "MAD"):
            label, there = f"{line.label} ({training})", READINGS.values() if line in steps else [READINGS["off"]]
            for reading in READINGS.values():
                attack = line.attack.replace(CLIPPED, f", {reading}")
                row = (
                    beside(dataset, training, replace(line, attack=attack), images, depth) if reading in there else None
                )
                cells.append(replace(cell(row, label, reading), applies=reading in there))
            off = line.attack.replace(CLIPPED, f", {READINGS['off']}")
            rows = stored_rows(network(dataset, training, depth), "white-box", 0)
            cells.append(cell(maybe(rows, metric="distortion", attack=off), label, "L2 length", scale=1))
    caption = f"C&W on {SETS[dataset]}, L2, 1000 iterations, a cap of {CAPS[dataset]}: accuracy in %, n = "
    caption += f"{counted(c for c in cells if c.column != 'L2 length')}, 95 % Wilson, and the median length of what "
    caption += f"succeeded, brackets: its middle half. Seed 0. {DEPTHS.format(depth=depth)} {QUOTED} "
    return Table(caption + trained([dataset], list(TRAININGS), depth), tuple(cells), digits=2)


def table5() -> TextTable:
    """The paper's attack parameters, and those of the attacks that were run."""
    attacks, search = WhiteBox((), (0.1,), (), 0.3).attacks(), of_one_weight(1.0)
    ours = {("BIM", "Iterations"): getattr(attacks["BIM", 0.1], "steps", None),
            ("PGD", "Iterations"): getattr(attacks["PGD", 0.1], "steps", None), ("CW", "Max Iterations"): search.steps,
            ("CW", "Binary Search Steps"): search.binary_search_steps, ("CW", "Confidence"): search.kappa}  # fmt: skip
    said = [(p["scope"], p["parameter"], p["value"]) for p in printed(PAPER, "table5")]
    rows = tuple((*p, f"{ours[p[0], p[1]]:g}") for p in said)
    caption = "Parameters of the attacks in the paper, and here. It prints no step size and no rate."
    return TextTable(caption, ("attack", "parameter", "paper", "ours"), rows)


def covered() -> tuple[int, int]:
    """How many of the numbers of tables 1 to 4 have one of ours beside them, and how many are printed."""
    numbers = [n for n in reported(PAPER) if n.table.startswith("table")]
    kinds, depths = ("clean", "white-box", "black-box"), (8, 56)
    rows = [r for d in SETS for t in TRAININGS for depth in depths for k in kinds
            for r in stored_rows(network(d, t, depth), k, 0)]  # fmt: skip
    return len(numbers) - len(lacking(rows, numbers)), len(numbers)
