"""The numbers the papers print, read from data/paper_tables, and joined with our rows by a mapping beside them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from robustlib.datasets import data_folder
from robustlib.experiments.rows import NAMES, Row, matches, select
from robustlib.files import read_json, read_table


def printed(paper: str, table: str) -> list[dict[str, str]]:
    """The rows of one printed table, columns as in the file.

    Raises: FileNotFoundError if there is no such table.
    """
    path = _folder() / f"{paper}_{table}.csv"
    if not path.is_file():
        known = sorted(p.stem for p in path.parent.glob("*.csv"))
        raise FileNotFoundError(f"{path}: no such printed table; there are {known}")
    return read_table(path, "printed table", "put a whole copy back")


@dataclass(frozen=True)
class Reported:
    """One printed number, and the columns of the rows of ours that it belongs beside."""

    paper: str
    table: str
    line: int  # of the CSV, from 1
    columns: Mapping[str, Any]
    value: float  # in the unit of our rows


@cache
def reported(paper: str) -> tuple[Reported, ...]:
    """Every printed number of a paper that has rows of ours, by the rules of data/paper_tables/<paper>.json.

    A rule names a table, which of its lines it is for (`where`: column -> value or values), what our rows say there
    (`ours`, where "$dataset" copies a printed column through `names`), and the unit: ours = offset + scale * printed.
    Raises: ValueError for a rule that fits no line or names an unknown column.
    """
    path = _folder() / f"{paper}.json"
    rules = _mapping(paper)
    found = []
    for rule in rules["rules"]:
        fits = [(i, r) for i, r in enumerate(printed(paper, rule["table"]), 1) if _fits(r, rule.get("where", {}))]
        unknown = sorted(set(rule.get("ours", {})) - set(NAMES))
        if not fits or unknown:
            what = f"no column {unknown[0]!r} of ours" if unknown else "no printed line"
            raise ValueError(f"{path}: {what} for the rule {rule}")
        for line, record in fits:
            if record["value"]:
                columns = {k: _ours(v, record, rules.get("names", {})) for k, v in rule["ours"].items()}
                value = rule.get("offset", 0) + rule.get("scale", 1) * float(record["value"])
                found.append(Reported(paper, rule["table"], line, columns, value))
    return tuple(found)


def without_counterpart(paper: str) -> dict[str, str]:
    """Printed tables, or "table:line", for which there is no row of ours, with the reason."""
    return dict(_mapping(paper).get("without", {}))


def papers() -> list[str]:
    """The papers that have a mapping."""
    return sorted(path.stem for path in _folder().glob("*.json"))


def join(rows: Iterable[Row], numbers: Iterable[Reported]) -> list[Row]:
    """The rows, each with the printed number that belongs beside it, where there is one.

    Raises: ValueError where two printed numbers claim one row.
    """
    found = list(rows)
    place = {id(row): i for i, row in enumerate(found)}
    for number in numbers:
        for row in select(found, **number.columns):
            i = place[id(row)]
            if found[i].reported is not None and found[i].reported != number.value:
                raise ValueError(f"two printed numbers, {found[i].reported} and {number.value}, for {row.said}")
            found[i] = replace(row, reported=number.value)
            place[id(found[i])] = i
    return found


def awaited(paper: str, **columns: Any) -> Row | None:
    """A row that was not measured yet, with nothing but the printed number that belongs beside it; None without one.

    Raises: LookupError where several printed numbers have these columns.
    """
    found = [n for n in reported(paper) if all(k in n.columns and matches(n.columns[k], v) for k, v in columns.items())]
    if len(found) > 1:
        raise LookupError(f"{len(found)} printed numbers of {paper} have {columns}, one is wanted")
    return Row(columns["metric"], None, reported=found[0].value) if found else None


def _fits(record: Mapping[str, str], where: Mapping[str, Any]) -> bool:
    return all(record[key] in ([value] if isinstance(value, str) else value) for key, value in where.items())


def _ours(value: Any, record: Mapping[str, str], names: Mapping[str, Any]) -> Any:
    """A value of the rule: as it is, or the printed column that it names."""
    if isinstance(value, str) and value.startswith("$"):
        text = record[value[1:]]
        return names.get(text, text)
    return value


def _mapping(paper: str) -> dict[str, Any]:
    return read_json(_folder() / f"{paper}.json", "mapping of printed numbers", "put the file of the repository back")


def _folder() -> Path:
    return data_folder() / "paper_tables"
