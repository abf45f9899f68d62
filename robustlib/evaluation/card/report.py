"""A finished report card: as text, as a table, as plain data."""

from dataclasses import asdict, dataclass
from typing import Any

from robustlib.evaluation.card.check import CANNOT, FAILS, PASSES, Check, slack
from robustlib.evaluation.cells import TextTable


@dataclass(frozen=True)
class ReportCard:
    """A finished card: what was judged, and a line for each check."""

    model: str
    attacks: tuple[str, ...]
    norm: str
    eps: float
    n: int
    seed: int
    clean: float  # accuracy, 0 .. 1
    robust: float | None  # the share that the evaluation leaves standing, image by image, 0 .. 1; None: it did not run
    passes: float  # forward and backward, of all checks together, for each image
    seconds: float
    checks: tuple[Check, ...]
    stopped: str = ""  # why there are no more checks
    limit: int | None = None  # of passes, that the card was given

    @property
    def verdict(self) -> str:
        """ "fails" if one check does, "passes" if none does, one passes, the card went to its end and has images enough
        to tell a fault from chance, else "cannot be judged".
        """
        found = {check.verdict for check in self.checks}
        whole = not self.stopped and round(self.clean * self.n) > slack(self.n)
        return FAILS if FAILS in found else PASSES if PASSES in found and whole else CANNOT

    def named(self, verdict: str) -> tuple[str, ...]:
        """The checks of this verdict."""
        return tuple(check.name for check in self.checks if check.verdict == verdict)

    @property
    def headline(self) -> str:
        """The verdict in a sentence, with what it rests on."""
        words = ((PASSES, "pass"), (FAILS, "fail"), (CANNOT, CANNOT))
        counts = ", ".join(f"{len(self.named(v))} {word}" for v, word in words if self.named(v))
        return f"This evaluation {self.verdict}: {counts}"

    @property
    def rests_on(self) -> str:
        """Norm, eps, images, seed and passes."""
        most = "" if self.limit is None else f" of {self.limit} at most"
        under = "" if self.robust is None else f", {100 * self.robust:.1f} % under the evaluation"
        return (
            f"{self.norm}, eps = {self.eps:.4g}, n = {self.n} images, seed {self.seed}, {self.passes:.0f} passes an "
            f"image{most}; accuracy {100 * self.clean:.1f} % clean" + under
        )

    def table(self) -> TextTable:
        """Check, verdict, what was measured, passes an image."""
        rows = tuple((c.name, c.verdict, c.measured, f"{c.passes:.0f}") for c in self.checks)
        return TextTable(f"{self.headline}. {self.rests_on}.", ("check", "verdict", "measured", "passes"), rows)

    def __str__(self) -> str:
        """The card as text: the failures with what to do, then the rest, a line each."""
        lines = [f"{self.headline}.", f"{self.rests_on}.", *(f"  {attack}" for attack in self.attacks), ""]
        for verdict in (FAILS, CANNOT, PASSES):
            for check in (c for c in self.checks if c.verdict == verdict):
                lines.append(f"[{verdict}] {check.name}: {check.measured}.")
                lines += [f"    {check.why}", f"    -> {check.what_to_do}"] if verdict == FAILS else []
        return "\n".join([*lines, *([f"Stopped: {self.stopped}"] if self.stopped else [])])

    def record(self) -> dict[str, Any]:
        """The card as plain data, for JSON."""
        return asdict(self) | {"verdict": self.verdict}
