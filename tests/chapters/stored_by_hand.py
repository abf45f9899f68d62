"""Rows written by hand in the place of stored results, with the paper's numbers beside them as in reading a file."""

from collections.abc import Sequence
from typing import Any

import torch

from robustlib.evaluation import Outcome
from robustlib.experiments import Row, registry
from robustlib.experiments.printed import join, papers, reported
from robustlib.experiments.rows import accuracy_row, renamed


def of_ten(right: int, **columns: Any) -> Row:
    """The accuracy of ten images of which so many are right."""
    moved = torch.full((10,), 0.5)
    return accuracy_row(Outcome(torch.arange(10) < right, moved, moved, 1.0), **columns)


def stored_by_hand(files: dict[tuple[str, str, int], Sequence[Row]]) -> Any:
    """`stored_rows` over these files: (network, kind, seed) -> rows."""
    numbers = [number for paper in papers() for number in reported(paper)]
    joined: dict[tuple[str, str, int], tuple[list[Row], list[Row]]] = {}  # once, and again where a file changed

    def stored_rows(network: str, kind: str, seed: int | None = None) -> list[Row]:
        found: list[Row] = []
        for (of, measured, k), rows in files.items():
            if (of, measured) == (network, kind) and seed in (None, k):
                before, after = joined.get((of, measured, k), ([], []))
                if before != list(rows):
                    e = registry.experiment(of)
                    columns = {"network": of, "measurement": measured, "seed": k, "dataset": e.dataset}
                    columns |= {"model": e.architecture, "training": e.training}
                    after = join(renamed(rows, **columns), numbers)
                    joined[of, measured, k] = list(rows), after
                found += after
        return found

    return stored_rows
