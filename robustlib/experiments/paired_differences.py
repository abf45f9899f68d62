"""Two networks on the same images: the difference of what they keep, pair by pair."""

from math import sqrt

from robustlib.experiments.quantities import Quantity
from robustlib.experiments.rows import Row, unpack

Z = 1.959964  # of a two-sided 95 % interval


def difference(a: Row | None, b: Row | None) -> Quantity | None:
    r"""How many points the share of `a` lies above that of `b`, on the first images that both rows have.

    .. math:: d = \frac{n_{10} - n_{01}}{n}, \quad \frac{1}{n + 2} \Big(n_{10} - n_{01}
              \pm 1.96 \sqrt{n_{10} + n_{01} + 1 - \tfrac{(n_{10} - n_{01})^2}{n + 2}}\Big)

    n_10 images count for a alone and n_01 for b alone: the Wald interval after 0.5 is added to each of the four counts.
    Source: Agresti and Min 2005, section 2. Range: [-100, 100], in points. None where one was not run.
    Raises: ValueError for a row that does not keep the fate of each image, and for rows of other images.
    """
    if a is None or b is None:
        return None
    for row in (a, b):
        if not row.bits or not row.n:
            raise ValueError(f"paired are rows that keep the fate of each image (`bits`), and {row.said} does not")
    if a.dataset != b.dataset:
        raise ValueError(f"paired are rows of the same images, got those of {a.dataset} and {b.dataset}")
    n = min(a.n or 0, b.n or 0)
    ours, theirs = (unpack(row.bits, row.n or 0)[:n] for row in (a, b))
    only, other = int((ours & ~theirs).sum()), int((theirs & ~ours).sum())
    middle = (only - other) / (n + 2)
    half = Z * sqrt(only + other + 1 - (only - other) ** 2 / (n + 2)) / (n + 2)
    low, high = (100 * max(-1.0, min(1.0, middle + side * half)) for side in (-1, 1))
    return Quantity(100 * (only - other) / n, low, high, f"{a.said} less {b.said}", n)
