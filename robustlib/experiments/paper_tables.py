"""The numbers the papers print, read from data/paper_tables: never typed into code or prose."""

from dataclasses import dataclass

from robustlib.datasets import data_folder
from robustlib.files import parsing, read_table

WHAT, WAY_OUT = "table of printed numbers", "put the file of the repository back"


def printed(paper: str, table: str) -> list[dict[str, str]]:
    """The rows of one printed table, columns as in the file.

    Raises: FileNotFoundError if there is no such table; ValueError if it is damaged.
    """
    path = data_folder() / "paper_tables" / f"{paper}_{table}.csv"
    try:
        return read_table(path, WHAT, WAY_OUT)
    except FileNotFoundError as error:
        known = sorted(p.stem for p in path.parent.glob("*.csv"))
        raise FileNotFoundError(f"{path}: no such printed table; there are {known}") from error


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

        Raises: LookupError unless exactly one row matches; ValueError if the table is damaged.
        """
        rows, path = printed(self.paper, self.table), f"{self.paper}_{self.table}.csv"
        with parsing(path, WHAT, WAY_OUT):
            found = [float(r["value"]) for r in rows if (r["training"], r["attack"]) == (self.training, self.attack)]
        if len(found) != 1:
            raise LookupError(f"{len(found)} printed numbers match {self}")
        return found[0]
