"""The numbers the papers print, read from data/paper_tables, and joined with our rows by a mapping beside them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from robustlib.datasets import data_folder
from robustlib.experiments.matching import matches
from robustlib.experiments.rows import NAMES, OF_THE_FILE, TEXTS, Row, select
from robustlib.files import parsing, read_json, read_table


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
    `ours` beside the rules is said of every rule: the networks, where two papers train one architecture in one way.
    Raises: ValueError for a rule that fits no line, or names a column that we or the printed table do not have.
    """
    mapping = _mapping(paper)
    with parsing(_folder() / f"{paper}.json", "mapping of printed numbers", "mend the rule"):
        shared, names = mapping.get("ours", {}), mapping.get("names", {})
        rules = [rule | {"ours": shared | rule["ours"]} for rule in mapping["rules"]]
        return tuple(n for rule in rules for n in _numbers(paper, rule, names))


@cache
def for_files(paper: str) -> list[tuple[Mapping[str, Any], list[Reported]]]:
    """The same numbers, together where they say the same of a whole file: of its network, kind, seed, data set, ..."""
    found = dict[str, tuple[Mapping[str, Any], list[Reported]]]()
    for number in reported(paper):
        of = {column: wanted for column, wanted in number.columns.items() if column in OF_THE_FILE}
        found.setdefault(str(of), (of, []))[1].append(number)
    return list(found.values())


def _numbers(paper: str, rule: Mapping[str, Any], names: Mapping[str, Any]) -> Iterator[Reported]:
    """The printed numbers that one rule is for."""
    lines = printed(paper, rule["table"])
    where, ours = rule.get("where", {}), rule["ours"]
    copied = [v[1:] for v in ours.values() if isinstance(v, str) and v.startswith("$")]
    for known, used, whose in (
        (("table", "where", "ours", "offset", "scale"), rule, "a rule"),
        (lines[0], [*where, *copied], "the printed table"),
        (NAMES, ours, "a row of ours"),
    ):
        if unknown := sorted(set(used) - set(known)):
            raise LookupError(f"{whose} has no {unknown[0]!r}, in the rule {rule}")
    fits = [(i, line) for i, line in enumerate(lines, 1) if all(matches(line[k], v) for k, v in where.items())]
    if not fits:
        raise LookupError(f"no printed line for the rule {rule}")
    for i, line in fits:
        if line["value"]:
            columns = {column: _ours(column, value, line, names) for column, value in ours.items()}
            value = rule.get("offset", 0) + rule.get("scale", 1) * float(line["value"])
            yield Reported(paper, rule["table"], i, columns, value)


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


def lacking(rows: Iterable[Row], numbers: Iterable[Reported]) -> list[Reported]:
    """The printed numbers that belong beside none of these rows."""
    there, of_files = list(rows), dict[str, list[Row]]()  # many numbers share the columns that a file says once

    def likely(number: Reported) -> list[Row]:
        of = {column: wanted for column, wanted in number.columns.items() if column in OF_THE_FILE}
        if str(of) not in of_files:
            of_files[str(of)] = select(there, **of)
        return of_files[str(of)]

    return [number for number in numbers if not select(likely(number), **number.columns)]


def awaited(paper: str, **columns: Any) -> Row | None:
    """A row that was not measured yet, with nothing but the printed number that belongs beside it; None without one.

    Raises: LookupError where several printed numbers have these columns.
    """
    found = [n for n in reported(paper) if all(k in n.columns and matches(n.columns[k], v) for k, v in columns.items())]
    if len(found) > 1:
        raise LookupError(f"{len(found)} printed numbers of {paper} have {columns}, one is wanted")
    return Row(columns["metric"], None, reported=found[0].value) if found else None


def _ours(column: str, value: Any, line: Mapping[str, str], names: Mapping[str, Any]) -> Any:
    """A value of the rule: as it is, or the printed column that it names, as a number where ours is one."""
    if not (isinstance(value, str) and value.startswith("$")):
        return value
    found = names.get(line[value[1:]], line[value[1:]])
    return float(found) if isinstance(found, str) and column not in TEXTS else found


def _mapping(paper: str) -> dict[str, Any]:
    return read_json(_folder() / f"{paper}.json", "mapping of printed numbers", "put the file of the repository back")


def _folder() -> Path:
    return data_folder() / "paper_tables"
