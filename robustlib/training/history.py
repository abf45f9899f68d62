"""What training leaves behind besides the weights: one number for each term and epoch."""

from dataclasses import dataclass, field


@dataclass
class History:
    """Means of each objective term by epoch, and the seconds each epoch took. `history["ce"]` is a list."""

    terms: dict[str, list[float]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    epochs: int = 0  # that were asked for

    def __getitem__(self, term: str) -> list[float]:
        if term not in self.terms:
            raise KeyError(f"no term {term!r}; this run logged {sorted(self.terms)}")
        return self.terms[term]

    @property
    def finished(self) -> bool:
        """Whether all the epochs asked for were trained: a time budget may have ended the run before."""
        return len(self.seconds) >= self.epochs

    def add(self, means: dict[str, float], seconds: float) -> None:
        """Append one epoch."""
        for name, value in means.items():
            self.terms.setdefault(name, []).append(value)
        self.seconds.append(seconds)
