"""What the judge found: the verdict on every image, the passes spent, the score, and whether the goal is reached."""

from dataclasses import dataclass
from html import escape

from robustlib.evaluation import TextTable, wilson
from robustlib.labs.target import Goal
from robustlib.labs.verdict import FATES, FOOLED, Verdict


@dataclass(frozen=True, repr=False)
class Judgement:
    """The verdicts on an attack, one an image, and what they add up to."""

    target: str
    verdicts: tuple[Verdict, ...]
    forward: float  # passes an image
    backward: float  # passes an image
    limit: int  # passes an image
    goal: Goal | None = None
    refused: str = ""  # why the whole attack counts for nothing; "" where it counts
    notes: tuple[str, ...] = ()  # what the attack did that changes no verdict

    @property
    def n(self) -> int:
        """The images judged."""
        return len(self.verdicts)

    @property
    def fooled(self) -> int:
        """How many of them are fooled."""
        return sum(v.fooled for v in self.verdicts)

    @property
    def failed(self) -> tuple[int, ...]:
        """The indices of the images that are not fooled."""
        return tuple(v.index for v in self.verdicts if not v.fooled)

    @property
    def share(self) -> float:
        """The share of images fooled, in [0, 1]."""
        return self.fooled / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval of the share."""
        return wilson(self.fooled, self.n)

    @property
    def passes(self) -> float:
        """Forward and backward passes an image."""
        return self.forward + self.backward

    @property
    def reached(self) -> bool:
        """Whether the share of the goal is reached; never without a goal."""
        return self.goal is not None and self.share >= self.goal.share - 1e-9

    @property
    def score(self) -> float:
        r"""From 0 to 100: what share of the goal is reached, times how its passes compare with those spent.

        .. math:: 100 \cdot \min\left(1, \frac{\mathrm{fooled} / n}{\mathrm{fooled}_{goal} / n_{goal}}\right) \cdot
                  \min\left(1, \frac{\mathrm{passes}_{goal}}{\mathrm{passes}}\right)

        The full score is the goal with its passes or fewer. Without a goal it is 0.
        """
        if self.goal is None:
            return 0.0
        share = min(1.0, self.share / self.goal.share)
        return 100 * share * (min(1.0, self.goal.passes / self.passes) if self.passes else 1.0)

    @property
    def headline(self) -> str:
        """The verdict in a sentence."""
        if self.refused:
            return f"Not accepted: {self.refused}"
        said = f"{self.fooled} of {self.n} images fooled"
        if self.goal is None:
            return said
        return f"{'Goal reached' if self.reached else 'Goal not reached'}: {said}, {self.goal.fooled} are the goal"

    @property
    def rests_on(self) -> str:
        """The share and its interval, the passes, and the score."""
        low, high = (100 * end for end in self.interval)
        spent = f"{self.forward:.0f} forward and {self.backward:.0f} backward passes an image of {self.limit:,} at most"
        ours = "" if self.goal is None else f" ({self.goal.attack} of the library: {self.goal.passes:.0f})"
        return f"{100 * self.share:.1f} % [{low:.1f}, {high:.1f}]; {spent}{ours}; score {self.score:.0f} of 100"

    def groups(self) -> list[str]:
        """The images that are not fooled by why not, with their indices and the first one's words."""
        found = []
        for fate in FATES:
            met = [v for v in self.verdicts if v.fate == fate and fate != FOOLED]
            if met:
                first = f"image {met[0].index}: {met[0].said}"
                found.append(f"{fate}: {len(met)} (images {ranges([v.index for v in met])}); {first}")
        return found

    def table(self) -> TextTable:
        """Image, fate and reason, a row an image."""
        rows = tuple((str(v.index), v.fate, v.said) for v in self.verdicts)
        return TextTable(f"{self.target}. {self.headline}.", ("image", "fate", "why"), rows)

    def __repr__(self) -> str:
        """The judgement as text: the headline, what it rests on, and why images are not fooled."""
        listed = [] if self.refused else self.groups()
        return "\n".join([f"{self.headline}.", f"{self.rests_on}.", *(f"  {line}" for line in (*listed, *self.notes))])

    def _repr_html_(self) -> str:
        listed = [*([] if self.refused else self.groups()), *self.notes]
        items = "".join(f"<li>{escape(line)}</li>" for line in listed)
        line = "4px solid #3A8FC7" if self.reached and not self.refused else "4px dashed #D55E00"
        sign = "✓" if self.reached and not self.refused else "✗"
        return (
            f'<div class="rl rl-judgement" role="status" style="border-left:{line};padding:.2em .7em;margin:.2em 0">'
            f"<p><b>{sign} {escape(self.headline)}.</b><br>{escape(self.rests_on)}.</p>"
            f"{f'<ul>{items}</ul>' if items else ''}</div>"
        )


def ranges(indices: list[int]) -> str:
    """Indices in their order, three or more in a row as a range.

    >>> ranges([0, 1, 2, 4, 5, 7])
    '0 to 2, 4, 5, 7'
    """
    runs: list[list[int]] = []
    for index in indices:
        if runs and index == runs[-1][-1] + 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    return ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs)
