"""The scorecard as tables: how many values have which verdict, every value, every claim, and what is left to run."""

from collections.abc import Sequence

from robustlib.chapters.scorecard import links
from robustlib.chapters.scorecard.claims import decided
from robustlib.chapters.scorecard.judged import Judged
from robustlib.chapters.scorecard.readings import all_judged, counted
from robustlib.chapters.scorecard.values import CURVE, PAPERS, PRINTED, SUPPLEMENT, shortened
from robustlib.chapters.scorecard.verdict import VERDICTS
from robustlib.evaluation import TextTable

OTHERS = "Settings, and a number of others"
SHOWN = {PRINTED: "", SUPPLEMENT: ", supplement"}
HEADER = ("printed in", "of what", "paper", "ours", "verdict", "seeds", "epochs", "remark")
MARKS = {"agrees": "=", "reproduced": "=", "differs": "≠", "measured": "o", "not": "·", "cannot": "·"}


def verdicts() -> TextTable:
    """How many of each paper's values have which verdict; the supplement and the digitised curves apart."""
    rows = [(name, counted(paper)) for paper, name in PAPERS.items()] + [("all five papers", counted())]
    further = (("supplement", SUPPLEMENT), ("curves", CURVE))
    rows += [(f"AT²L, {what}", counted("at2l", group)) for what, group in further]
    lines = tuple((name, *map(str, counts), str(sum(counts))) for name, counts in rows)
    caption = "How many printed values have which verdict. The row of all five papers is without supplement and curves."
    return TextTable(caption, ("values of", *VERDICTS, "all"), lines)


def every_value() -> dict[str, TextTable]:
    """A table a paper, one of AT2L's supplement, one of what is no measured number; without the curves."""
    found: dict[str, list[Judged]] = {}
    for j in all_judged():
        if j.value.group != CURVE:
            paper = PAPERS[j.value.paper]
            found.setdefault(paper + SHOWN[j.value.group] if j.value.group in SHOWN else OTHERS, []).append(j)
    found |= {OTHERS: found.pop(OTHERS)} if OTHERS in found else {}  # last
    caption = "Ours in the unit of the paper, with its interval; (s): of the supplement. Epochs: ours of the paper's."
    return {name: TextTable(f"{name}. {caption}", HEADER, tuple(map(line, of))) for name, of in found.items()}


def addresses() -> dict[str, str]:
    """Where each printed table is repeated, for `sortable`: "DunDi", a line break and "table 1" -> page and heading."""
    found = {}
    for j in all_judged():
        if j.value.group in SHOWN:
            name = PAPERS[j.value.paper] + SHOWN[j.value.group]
            found[f"{name}\n{links.called(j.value.table)}"] = links.PAPERS + links.TABLES[j.value.paper, j.value.table]
    return found


def line(j: Judged) -> tuple[str, ...]:
    """A value as a row."""
    printed, ours = j.value.line["value"], j.ours
    epochs, of = (None, None) if ours is None else ours.schedule
    schedule = "–" if epochs is None else f"{epochs} of {of}"
    seeds = "–" if ours is None else str(ours.seeds)
    return links.called(j.value.table), j.value.said, printed, number(j), j.verdict, seeds, schedule, j.why


def number(j: Judged) -> str:
    """Ours in the paper's unit and with its digits, one at least: "98.5 [97.4, 99.1]"."""
    if j.ours is None or j.ours.value is None:
        return "–"
    digits = max(1, len(j.value.line["value"].partition(".")[2]))
    said = f"{j.value.as_printed(j.ours.value):.{digits}f}"
    if j.ours.low is None or j.ours.high is None:
        return said
    low, high = sorted(map(j.value.as_printed, (j.ours.low, j.ours.high)))
    return f"{said} [{low:.{digits}f}, {high:.{digits}f}]"


def curves() -> TextTable:
    """A row for each digitised curve of AT2L's figures: the verdict of each of its eleven points as a mark."""
    found: dict[tuple[str, str], list[str]] = {}
    for j in all_judged():
        if j.value.group == CURVE:
            of = j.value.line
            experiment = f"{of['dataset']}, {of['attack']}, {of['attack_params'].removesuffix(' type of attack')} type"
            training = shortened(of["training"].rpartition(";")[0])
            found.setdefault((experiment, training), []).append(MARKS[j.verdict.split()[0]])
    caption = (
        "Figures 1 and 2 of AT²L and the supplement's further curves, digitised: 0 to 10 outer iterations. = our "
        "interval agrees, ≠ it differs (both at toy scale), o measured on other data, · not attempted; at 10 stands "
        "our third and last iteration."
    )
    rows = tuple((experiment, training, " ".join(marks)) for (experiment, training), marks in found.items())
    return TextTable(caption, ("experiment", "trained with", "0 to 10 iterations"), rows)


def claims() -> TextTable:
    """What the papers say in words, the relation of ours that decides it, and the verdict."""
    rows = tuple(
        (PAPERS[d.claim.paper], d.claim.said, d.claim.where, d.claim.decided_by, f"{d.held} of {d.asked}",
         " ".join(filter(None, (d.verdict, d.why and f"({d.why})"))))
        for d in decided()
    )  # fmt: skip
    header = ("paper", "the paper says", "where", "agrees if", "relations that hold", "verdict")
    caption = "What the papers claim in words. A relation holds if it does beyond the intervals of ours."
    return TextTable(caption, header, rows)


def claim_addresses(of: TextTable) -> dict[str, str]:
    """Each claim leads to the section that has its rows."""
    known = {row[1] for row in of.rows}
    return {d.claim.said: links.PAPERS + d.claim.link for d in decided() if d.claim.said in known}


def lines_of(names: Sequence[str], found: dict[str, TextTable]) -> dict[str, str]:
    """The line that each table is opened with: its name and how many values it has."""
    return {name: f"{name}: {len(found[name].rows)} values" for name in names}
