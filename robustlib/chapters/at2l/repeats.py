"""What can be read off the paper's own numbers: stretches that two curves share, and where the triplet did not help."""

from collections.abc import Mapping, Sequence
from itertools import combinations, groupby
from typing import NamedTuple

from robustlib.evaluation import TextTable
from robustlib.experiments.printed import printed

Curve = tuple[str, str]  # experiment ("MNIST, known, FGSM"), and what was trained ("AT2L, Gradient-based")


class Stretch(NamedTuple):
    """Consecutive iterations at which two curves have the same values."""

    first: Curve
    second: Curve
    start: int  # the first iteration
    values: tuple[float, ...]


def stretches(curves: Mapping[Curve, Sequence[float]], least: int) -> list[Stretch]:
    """All stretches of `least` iterations or more, the longest first. Iteration 0, the same network, does not count."""
    found = []
    for (a, first), (b, second) in combinations(curves.items(), 2):
        same = [(k, v) for k, (v, w) in enumerate(zip(first, second, strict=True)) if k > 0 and v == w]
        for _, run in groupby(enumerate(same), lambda at: at[1][0] - at[0]):
            inside = [pair for _, pair in run]
            if len(inside) >= least:
                found.append(Stretch(a, b, inside[0][0], tuple(v for _, v in inside)))
    return sorted(found, key=lambda s: -len(s.values))


def printed_stretches(least: int = 5) -> list[Stretch]:
    """Those of figures 1 and 2, digitised to 0.1 point: 72 curves of eleven iterations."""
    curves: dict[Curve, list[float]] = {}
    for line in printed("at2l", "fig1_fig2_digitised"):
        method, attacks = ("AT2L" if line["defense"] == "AT2L" else "AT"), line["training"].split("; ")[1]
        where = f"{line['dataset']}, {line['attack_params'].split()[0]}, {line['attack']}"
        trained = f"{method}, {attacks.removeprefix('training attacks: ').lower()}"
        curves.setdefault((where, trained), []).append(float(line["value"]))
    return stretches(curves, least)


def repeats(least: int = 5) -> TextTable:
    """The stretches as a table of words."""
    rows = tuple(
        (
            f"{s.first[0]} | {s.second[0]}",
            s.first[1] if s.first[1] == s.second[1] else f"{s.first[1]} | {s.second[1]}",
            f"{s.start} to {s.start + len(s.values) - 1}",
            " ".join(f"{v:.1f}" for v in s.values),
        )
        for s in printed_stretches(least)
    )
    look = f"Curves of figures 1 and 2 with the same values for {least} iterations or more, digitised to 0.1 point. "
    return TextTable(f"{look}Of iterations 1 to 10.", ("experiments", "training", "iterations", "error in %"), rows)


class Counted(NamedTuple):
    """Of how many pairs of printed errors, with and without triplet regularisation, which one is the smaller."""

    lower: int
    equal: int
    higher: int

    @property
    def all(self) -> int:
        """The pairs."""
        return sum(self[:3])


def regularised(table: str) -> Counted:
    """What triplet regularisation does to the errors of tables 1 to 3 of the paper, attacked and clean, by their sign.

    Raises: ValueError for a regularised number without its counterpart.
    """
    lines = printed("at2l", table)
    errors = {(*_where(line), line["training"]): float(line["value"]) for line in lines}
    signs = []
    for (*at, training), value in errors.items():
        if "triplet regularization" in training:
            other = (*at, training.replace(" + triplet regularization", ""))
            if other not in errors:
                raise ValueError(f"{table} has no number beside {training!r} at {at}")
            signs.append((value > errors[other]) - (value < errors[other]))
    return Counted(signs.count(-1), signs.count(0), signs.count(1))


def _where(line: Mapping[str, str]) -> tuple[str, str, str]:
    return line["model"], line["attack"], line["attack_params"]
