"""The counts of which the page's sentences and its chart speak."""

from functools import cache
from typing import Any

from robustlib.chapters.scorecard.claims import decided
from robustlib.chapters.scorecard.claims_on_observations import READINGS
from robustlib.chapters.scorecard.departures import OTHER_READINGS
from robustlib.chapters.scorecard.judged import Judged, judged
from robustlib.chapters.scorecard.values import PAPERS, PRINTED, SUPPLEMENT
from robustlib.chapters.scorecard.verdict import (
    AGREES,
    COMPARED,
    DIFFERS,
    REPRODUCED,
    VERDICTS,
)


@cache
def all_judged() -> tuple[Judged, ...]:
    """Every printed value, judged once for all the tables of a page."""
    return tuple(judged())


def chosen(paper: str = "", group: str = PRINTED, **line: str) -> list[Judged]:
    """The values of a paper, or of all five, with these columns of their line."""
    return [
        j
        for j in all_judged()
        if j.value.group == group
        and paper in ("", j.value.paper)
        and all(j.value.line.get(name) == wanted for name, wanted in line.items())
    ]


def counted(paper: str = "", group: str = PRINTED, **line: str) -> list[int]:
    """How many of them have each verdict, in the order of `VERDICTS`."""
    found = [j.verdict for j in chosen(paper, group, **line)]
    return [found.count(verdict) for verdict in VERDICTS]


def count(*verdicts: str, paper: str = "", group: str = PRINTED, **line: str) -> int:
    """How many have one of these verdicts; without a verdict all of them."""
    return sum(j.verdict in (verdicts or VERDICTS) for j in chosen(paper, group, **line))


def compared(paper: str = "", group: str = PRINTED, **line: str) -> int:
    """How many stand beside a number of ours that decides."""
    return count(*COMPARED, paper=paper, group=group, **line)


def agreeing(paper: str = "", group: str = PRINTED, **line: str) -> int:
    """How many of these agree, at whatever scale."""
    return count(REPRODUCED, AGREES, paper=paper, group=group, **line)


def of_full_scale() -> tuple[int, int]:
    """How many values were compared on the paper's network and schedule, and how many of them are reproduced."""
    return count(REPRODUCED, DIFFERS), count(REPRODUCED)


def of_several_seeds() -> int:
    """How many of the compared values rest on more than one training."""
    return sum(j.ours is not None and j.ours.seeds > 1 for j in chosen() if j.verdict in COMPARED)


def clean_and_attacked(paper: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """(agreeing, compared) of a paper's values on clean images, and of those on attacked ones."""
    of = [j for j in chosen(paper) if j.verdict in COMPARED]
    parts = ([j for j in of if not j.value.line["attack"]], [j for j in of if j.value.line["attack"]])
    clean, attacked = ((sum(j.verdict in (REPRODUCED, AGREES) for j in part), len(part)) for part in parts)
    return clean, attacked


def chart() -> dict[str, dict[str, int]]:
    """Of each paper, and of AT2L's supplement, how many values have which verdict."""
    found = {name: counted(paper) for paper, name in PAPERS.items()}
    found["AT²L, supplement"] = counted("at2l", SUPPLEMENT)
    return {name: dict(zip(VERDICTS, counts, strict=True)) for name, counts in found.items()}


def otherwise_read(paper: str = "at2l", group: str = SUPPLEMENT) -> tuple[int, int, int]:
    """Where a paper leaves open what was attacked: how many values that concerns, how many agree under the reading that
    the chapters put beside the paper, and how many under the other.
    """
    other = {(j.value.paper, j.value.key): j for j in judged(OTHER_READINGS)}
    pairs = [(j, other[j.value.paper, j.value.key]) for j in chosen(paper, group) if j.verdict in COMPARED]
    open_ = [(a, b) for a, b in pairs if a.ours and b.ours and a.ours.reading != b.ours.reading]
    first, second = (sum(pair[i].verdict in (REPRODUCED, AGREES) for pair in open_) for i in (0, 1))
    return len(open_), first, second


def claims_counted(paper: str = "") -> dict[str, int]:
    """How many claims have which verdict."""
    found = [d.verdict for d in decided() if paper in ("", d.claim.paper)]
    return {verdict: found.count(verdict) for verdict in VERDICTS}


def observations() -> tuple[int, int]:
    """How many of AT2L's observations (i) to (iii) agree: with images made before the training, and on the network."""
    of = [d for d in decided() if d.claim.said.startswith("observation (")]
    agree = [d.claim.decided_by for d in of if d.verdict in (REPRODUCED, AGREES)]
    static, own = (sum(words.endswith(reading) for words in agree) for reading in READINGS.values())
    return static, own


def summary(paper: str) -> dict[str, Any]:
    """The counts of a paper's report, under the names of the fields that say them."""
    clean, attacked = clean_and_attacked(paper)
    claims = claims_counted(paper)
    found: dict[str, Any] = {
        "compared": compared(paper),
        "agree": agreeing(paper),
        "clean": clean,
        "attacked": attacked,
    }
    return found | {"all": sum(claims.values()), "right": claims[REPRODUCED] + claims[AGREES]}
