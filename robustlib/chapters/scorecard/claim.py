"""A qualitative claim of a paper: its words, where they stand, the relations between rows that decide it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from robustlib.chapters.scorecard.ours import Ours
from robustlib.chapters.scorecard.ours import one as ours_of
from robustlib.chapters.scorecard.verdict import CANNOT, NOT_ATTEMPTED, scaled
from robustlib.experiments.quantities import quantity
from robustlib.experiments.relations import broken_relation
from robustlib.experiments.row_unions import over_seeds
from robustlib.experiments.rows import Row, select
from robustlib.experiments.stored import stored_rows

ALONE = "all images"  # the other side of a relation that is said of shares alone; None is a row that is not there
HOLDS, OPEN, REFUTED = "holds", "open", "does not hold"


@dataclass(frozen=True)
class Comparison:
    """One relation, in the words of `holds`, between rows or lists of rows; without `b` of shares of all images."""

    words: str
    a: Any
    b: Any = ALONE

    def rows(self) -> Iterator[Row | None]:
        """Every row that it speaks of."""
        for side in (self.a,) if self.b is ALONE else (self.a, self.b):
            yield from side if isinstance(side, list | tuple) else (side,)

    @property
    def outcome(self) -> str:
        """Whether it holds beyond the intervals, or of the numbers alone (our images are too few to tell), or not.

        Raises: ValueError for words that have no fixed meaning, or a row without a number.
        """
        if not self._broken(self.a, self.b):
            return HOLDS
        return REFUTED if self._broken(bare(self.a), bare(self.b)) else OPEN

    def _broken(self, a: Any, b: Any) -> str:
        return broken_relation(self.words, a, None if b is ALONE else b)


@dataclass(frozen=True)
class Claim:
    """What a paper says in words, and what would have to hold of rows of ours."""

    paper: str
    said: str  # the paper's words, or a summary of them
    where: str  # section of the paper
    decided_by: str  # in words, for the reader
    link: str  # the chapter's section: "madnet.html#table-1-digits"
    compare: Callable[[], Sequence[Comparison]]
    least: float = 1.0  # share of the relations that has to hold: 0.9 for "almost all", 0.75 for "the vast majority"


@dataclass(frozen=True)
class Decided:
    """A claim with its verdict, and how many of its relations hold."""

    claim: Claim
    verdict: str
    held: int = 0
    asked: int = 0
    why: str = ""  # it is a toy's scale, or cannot be told


def decide(claim: Claim) -> Decided:
    """A claim agrees where its share of the relations holds, and differs where it cannot, whatever the open ones are.

    Between the two it cannot be tested: our numbers lean its way, and their intervals meet. Not attempted where one of
    the rows is not there.

    Raises: ValueError for a claim without a relation.
    """
    comparisons = claim.compare()
    if not comparisons:
        raise ValueError(f"{claim.said!r} is decided by nothing")
    rows = [row for c in comparisons for row in c.rows()]
    if any(row is None or (isinstance(row, Row) and row.value is None) for row in rows):
        return Decided(claim, NOT_ATTEMPTED, 0, len(comparisons))
    outcomes = [c.outcome for c in comparisons]
    held, still_open, wanted = outcomes.count(HOLDS), outcomes.count(OPEN), claim.least * len(outcomes)
    toy = scale([row for row in rows if isinstance(row, Row)], claim.paper)
    untold = held < wanted <= held + still_open
    found = CANNOT if untold else scaled(held >= wanted, toy=bool(toy))
    return Decided(claim, found, held, len(outcomes), "the intervals of ours meet" if untold else toy)


def scale(rows: Sequence[Row], paper: str) -> str:
    """Why the networks of these rows are a toy's: the smaller ones, and those trained for fewer epochs; "" if none."""
    networks: dict[tuple[str, str], Ours] = {(row.network, row.model): ours_of([row], paper) for row in rows}
    said = [ours.smaller or _short(ours) for ours in networks.values()]
    return "; ".join(dict.fromkeys(filter(None, said)))


def _short(ours: Ours) -> str:
    epochs, paper_epochs = ours.schedule
    if epochs is None or paper_epochs is None or epochs >= paper_epochs:
        return ""
    return f"{epochs} of {paper_epochs} epochs"


def row(network: str, kind: str, metric: str = "accuracy", **columns: Any) -> Row | None:
    """The row of a network over its seeds; None where it was not run. Raises: ValueError where several rows fit."""
    return over_seeds(select(stored_rows(network, kind), metric=metric, **columns))


def bare(of: Any) -> Any:
    """The same numbers without their intervals."""
    if isinstance(of, list | tuple):
        return [bare(each) for each in of]
    if of is ALONE:
        return of
    found = quantity(of, "row")
    return replace(found, low=found.value, high=found.value)
