"""The numbers the papers print, read from data/paper_tables: never typed into code or prose."""

import csv
from dataclasses import dataclass

from robustlib.datasets import data_folder


def printed(paper: str, table: str) -> list[dict[str, str]]:
    """The rows of one printed table, columns as in the file.

    Raises: FileNotFoundError if there is no such table.
    """
    path = data_folder() / "paper_tables" / f"{paper}_{table}.csv"
    if not path.is_file():
        known = sorted(p.stem for p in path.parent.glob("*.csv"))
        raise FileNotFoundError(f"{path}: no such printed table; there are {known}")
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@dataclass(frozen=True)
class Claim:
    """A printed number, and the outcome of ours that stands beside it."""

    outcome: str  # the name of our outcome
    paper: str
    table: str
    training: str  # the column `training` of the printed table
    attack: str = ""  # the column `attack`; blank for clean images

    @property
    def value(self) -> float:
        """The printed number, in per cent.

        Raises: LookupError unless exactly one row matches.
        """
        rows = printed(self.paper, self.table)
        found = [r["value"] for r in rows if r["training"] == self.training and r["attack"] == self.attack]
        if len(found) != 1:
            raise LookupError(f"{len(found)} printed numbers match {self}")
        return float(found[0])
