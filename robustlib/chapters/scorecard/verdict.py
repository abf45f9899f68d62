"""The rule of the scorecard: one printed value, our interval, the schedules; one verdict."""

from typing import Literal

REPRODUCED, AGREES = "reproduced", "agrees at toy scale"
DIFFERS, DIFFERS_TOY = "differs", "differs at toy scale"
OTHERWISE, NOT_ATTEMPTED, CANNOT = "measured otherwise", "not attempted", "cannot be tested"
VERDICTS = (REPRODUCED, AGREES, DIFFERS, DIFFERS_TOY, OTHERWISE, NOT_ATTEMPTED, CANNOT)
COMPARED = VERDICTS[:4]
POINT, TENTH, HAIR = 0.01, 0.1, 1e-9
Unit = Literal["share", "distance"]
Sense = Literal["equal", "below", "above"]  # "less than 50 %" is printed as a bound


def verdict(
    printed: float,
    low: float | None,
    high: float | None,
    *,
    epochs: int | None,
    paper_epochs: int | None,
    smaller: bool = False,  # a smaller network than the paper's
    unit: Unit = "share",  # accuracies, rates and AUC in [0, 1], or a distance
    sense: Sense = "equal",
) -> str:
    r"""Whether a printed value lies in our interval, widened, and on which scale ours was trained.

    .. math:: low - t_{low} \le printed \le high + t_{high},
        \qquad t = 0.01 \text{ for a share, a tenth of the end for a distance}

    A printed bound agrees where some value of the widened interval keeps to it. The scale is a toy's where the network
    is smaller than the paper's, or was trained for fewer epochs. Source: issue 19 of the repository, point 6; the
    words are those of reproducibility reports.

    Raises: ValueError without an interval, for one whose ends are in the wrong order, and without either schedule.
    """
    if low is None or high is None:
        raise ValueError(f"the rule compares with an interval, and ours is [{low}, {high}]")
    if low > high:
        raise ValueError(f"the ends of [{low}, {high}] are in the wrong order")
    if epochs is None or paper_epochs is None:
        raise ValueError(f"the schedules have to be known, got {epochs} of {paper_epochs} epochs")
    below, above = (POINT, POINT) if unit == "share" else (TENTH * low, TENTH * high)
    agrees = (sense == "above" or low - below <= printed + HAIR) and (
        sense == "below" or printed <= high + above + HAIR
    )
    return scaled(agrees, toy=smaller or epochs < paper_epochs)


def scaled(agrees: bool, *, toy: bool) -> str:
    """The word for agreement or none, at the paper's scale or a toy's."""
    return (AGREES if toy else REPRODUCED) if agrees else (DIFFERS_TOY if toy else DIFFERS)


def worst(verdicts: list[str]) -> str:
    """Of what one statement says of several: the first that differs, else the one of the smallest scale.

    Raises: ValueError for none.
    """
    if not verdicts:
        raise ValueError("a statement about nothing has no verdict")
    return next((v for v in (DIFFERS, DIFFERS_TOY, AGREES) if v in verdicts), verdicts[0])
