"""Several rows of one network as one: over its seeds, and where per image the worst of several attacks counts."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch

from robustlib.evaluation import wilson
from robustlib.experiments.rows import Row, pack, unpack


def over_seeds(rows: Sequence[Row]) -> Row | None:
    """Several seeds as one row; one as it is. Raises: ValueError for two rows of one seed."""
    if len({row.seed for row in rows}) != len(rows):
        raise ValueError(f"{len(rows)} rows of {len({row.seed for row in rows})} seeds: one row a seed is wanted")
    values = [row.value for row in rows if row.value is not None]
    if len(rows) < 2 or not values:
        return rows[0] if rows else None
    mean, series = sum(values) / len(values), {"seeds": values}
    return replace(rows[0], value=mean, low=min(values), high=max(values), bits="", series=series, seed=None)


def within(row: Row, eps: float) -> bool:
    """Whether an attack stayed in the ball of this radius, by its own word and by how far it moved an image."""
    return row.eps is not None and row.eps <= eps + 1e-9 and (row.largest_linf or 0.0) <= eps + 1e-6


def together(rows: Sequence[Row], attack: str, eps: float | None = None) -> Row | None:
    """An image stands if it stands in every row, on the first images that all of them have; None of no row."""
    rows = [row for row in rows if row.bits]
    if not rows:
        return None
    n = min(row.n or 0 for row in rows)
    stands = torch.stack([unpack(row.bits, row.n or 0)[:n] for row in rows]).all(0)
    hits, at = int(stands.sum()), rows[0].eps if eps is None else eps
    low, high = wilson(hits, n)
    ends: dict[str, Any] = {"value": hits / n, "low": low, "high": high, "n": n, "bits": pack(stands)}
    ends |= {"attack": attack, "eps": at}
    nothing: dict[str, Any] = dict.fromkeys(("steps", "restarts", "largest_linf", "mean_l2", "seconds", "reported"))
    return replace(rows[0], **ends, **nothing, source="", series={}, measurement="")
