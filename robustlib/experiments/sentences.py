"""Sentences whose numbers and relations come from results: nothing in them is typed that could be measured."""

from dataclasses import dataclass, replace
from string import Formatter
from typing import Any

from robustlib.experiments.quantities import Quantity, quantity
from robustlib.experiments.relations import broken_relation
from robustlib.experiments.rows import Row
from robustlib.experiments.scale import written_for_this


@dataclass(frozen=True, repr=False)
class Sentence:
    """Text with its numbers filled in; a notebook shows it as Markdown."""

    text: str

    def _repr_markdown_(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text

    __str__ = __repr__


def said(text: str, **results: Any) -> Sentence:
    """The text with its fields filled from results; a relation in it is asserted (at scale "full": see `holds`).

    A field is a name, or a name and a key of a mapping, `{robust[r1]}`, and may say how:

    - `{kept}`: 10.6 % [8.2, 13.6; n = 500]; later in the same text 10.6 %, and n only where it is another;
    - `{kept:short}`: 10.6 %; `{kept:n}`: 500; `{kept:paper}`: the number that the paper prints there, 94.39 %;
    - `{kept:.2f}`: 10.60 %; `{width:.0f}`: any number in that format;
    - `{kept|about half of|plain}`: the words "about half of", if they hold (see `holds`); `{kept|hardly any}`.

    `results` are rows, cells, outcomes of `under_attack`, numbers, words, and mappings or lists of them. Lines are
    joined; an empty line begins a paragraph.

    >>> said("Of 500 digits {kept:short} are read right, {kept|about half of|plain} the share.", kept=0.11, plain=0.2)
    Of 500 digits 0.11 are read right, about half of the share.

    Raises: ValueError for a name that is not given or not used, a key that is not there, a row that does not exist or
    holds no number, and an unknown option or relation; AssertionError, with the sentence, where one does not hold.
    """
    paragraphs = [" ".join(part.split()) for part in text.strip().split("\n\n")]
    filled, used, before = "", set[str](), _Before()
    try:
        for literal, field, option, conversion in Formatter().parse("\n\n".join(paragraphs)):
            filled += literal
            if field is None:
                continue
            if conversion:
                raise ValueError(f"write {{{field}}} without !{conversion}")
            name, *relation = (part.strip() for part in field.split("|"))
            used |= {_root(each) for each in (name, *relation[1:])}
            if len(relation) > 2:
                raise ValueError(f"{{{field}}} is no relation; one is {{name|words}} or {{name|words|name}}")
            if relation:
                wrong = broken_relation(relation[0], *(_find(each, results) for each in (name, *relation[1:])))
                if wrong and written_for_this():
                    raise AssertionError(wrong)
                filled += relation[0] + (f" *(at this scale not so: {wrong})*" if wrong else "")
            else:
                filled += _written(_find(name, results), name, option or "", before)
        if unused := sorted(set(results) - used):
            raise ValueError(f"{', '.join(unused)} is given, and no field says it")
        if not used:
            raise ValueError("it has no field; what follows from no result is plain text")
    except (AssertionError, ValueError) as error:
        raise type(error)(f'in the sentence "{" ".join(text.split())}": {error}') from error
    return Sentence(filled)


def said_if_run(text: str, **results: Any) -> Sentence:
    """As `said`; where one of the results is None, was not run, a line that says so in its place. Raises: as `said`."""
    return Sentence("*Not run yet.*") if _absent(results) else said(text, **results)


def _absent(found: Any) -> bool:
    inside = found.values() if isinstance(found, dict) else found if isinstance(found, list | tuple) else ()
    return found is None or any(map(_absent, inside))


class _Before:
    """What a text has said already: an interval is given once, and n where it changes."""

    def __init__(self) -> None:
        self.rows: list[Quantity] = []
        self.n: int | None = None


def _root(field: str) -> str:
    return field.partition("[")[0]


def _find(field: str, results: dict[str, Any]) -> Any:
    """The result that a field names. Raises: ValueError where there is none."""
    name, *keys = field.replace("]", "").split("[")
    if name not in results:
        raise ValueError(f"{{{field}}} names {name!r}, and given are {', '.join(sorted(results)) or 'none'}")
    found = results[name]
    for key in keys:
        pairs = (
            found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list | tuple) else ()
        )
        there = {str(k): v for k, v in pairs}
        if key not in there:
            raise ValueError(f"{{{field}}}: {name} has no {key!r}, but {', '.join(there) or 'no keys at all'}")
        found = there[key]
    return found


def _written(found: Any, name: str, option: str, before: _Before) -> str:
    """One number, or words, as the option wants it."""
    if isinstance(found, str):
        return found
    if option == "paper" and isinstance(found, Row) and found.value is None:
        found = replace(found, value=found.reported, low=None, high=None)  # a printed number that ours is awaited for
    q = quantity(found, name)
    if option == "n":
        if q.n is None:
            raise ValueError(f"it is not known how many images {name} rests on")
        return f"{q.n:,}"
    if option == "paper":
        if q.reported is None:
            raise ValueError(f"no paper prints a number beside {name}, {q.label}")
        return f"{100 * q.reported:.4g}\u00a0%" if q.share else f"{q.reported:,g}"
    try:
        number = q.number("" if option == "short" else option)
    except ValueError as error:
        raise ValueError(f"{{{name}:{option}}}: the options are short, n, paper, or a format as .2f") from error
    if option or q in before.rows:
        return number
    interval = q.interval(with_n=q.n != before.n)
    before.rows.append(q)
    before.n = q.n if q.n is not None else before.n
    return f"{number} {interval}".rstrip()
