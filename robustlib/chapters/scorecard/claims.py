"""Every claim in words with its verdict."""

from robustlib.chapters.scorecard import (
    claims_on_detection,
    claims_on_distances,
    claims_on_observations,
    claims_on_training,
)
from robustlib.chapters.scorecard.claim import Decided, decide
from robustlib.chapters.scorecard.values import PAPERS

MODULES = (claims_on_detection, claims_on_distances, claims_on_training, claims_on_observations)
CLAIMS = tuple(claim for module in MODULES for claim in module.CLAIMS)


def decided() -> list[Decided]:
    """All of them, paper by paper."""
    return [decide(claim) for paper in PAPERS for claim in CLAIMS if claim.paper == paper]
