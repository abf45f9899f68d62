"""Two networks on the same images under the same seeds: their difference, over the images and over the seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import mean, stdev

import torch

from robustlib.evaluation.intervals import Z95
from robustlib.experiments import Row
from robustlib.experiments.rows import unpack

# Student's 97.5 % quantile by degrees of freedom: what three seeds, or up to five, allow.
STUDENT = {1: 12.706205, 2: 4.302653, 3: 3.182446, 4: 2.776445}


@dataclass(frozen=True)
class Difference:
    """Of two robust accuracies, in shares of the images; above 0 where the first is the larger."""

    value: float  # the mean over the seeds
    images: float  # half of the 95 % interval over images: these seeds, other images
    seeds: float | None  # half of the 95 % interval over seeds: these images, other seeds; None for one seed
    n: int  # images
    count: int  # seeds

    @property
    def half(self) -> float:
        """Half of the wider interval: a true difference below it is likely not told from none."""
        return max(self.images, self.seeds or 0.0)

    def could_see(self, difference: float) -> bool:
        """Whether an interval of this width around such a difference would leave out 0."""
        return self.half < abs(difference)


def difference(first: Sequence[Row], second: Sequence[Row]) -> Difference:
    r"""The mean of :math:`d_{si} = a_{si} - b_{si}` over seeds s and images i, a and b 1 where the image is kept.

    Over images the interval is normal, from the spread of each image's mean over the seeds; over seeds it is Student's,
    from the spread of each seed's mean. Both pair: what two networks share, they do not differ by.

    Raises: ValueError unless both have the same seeds once, the same number of images, and the fate of each image.
    """
    ours, theirs = _by_seed(first), _by_seed(second)
    if not ours or ours.keys() != theirs.keys():
        raise ValueError(f"networks are paired seed by seed, got the seeds {sorted(ours)} and {sorted(theirs)}")
    if len(sizes := {len(bits) for bits in (*ours.values(), *theirs.values())}) > 1:
        raise ValueError(f"networks are paired image by image, got {sorted(sizes)} images")
    apart = torch.stack([ours[seed].double() - theirs[seed].double() for seed in sorted(ours)])  # (seeds, images)
    count, n = apart.shape
    of_seeds = apart.mean(1).tolist()
    images = Z95 * apart.mean(0).std().item() / sqrt(n)
    seeds = STUDENT[count - 1] * stdev(of_seeds) / sqrt(count) if count > 1 else None
    return Difference(mean(of_seeds), images, seeds, n, count)


def _by_seed(rows: Sequence[Row]) -> dict[int, torch.Tensor]:
    """The fate of each image, by seed; a row that has none counts as of seed 0."""
    found = {row.seed or 0: unpack(row.bits, row.n or 0) for row in rows}
    if len(found) < len(rows):
        raise ValueError(f"one row a seed is paired, got the seeds {[row.seed for row in rows]}")
    return found
