"""Every claim in words with its verdict."""

from robustlib.chapters.scorecard import claims_on_detection, claims_on_observations, claims_on_training
from robustlib.chapters.scorecard.claim import Decided, decide
from robustlib.chapters.scorecard.values import PAPERS

CLAIMS = (*claims_on_detection.CLAIMS, *claims_on_training.CLAIMS, *claims_on_observations.CLAIMS)


def decided() -> list[Decided]:
    """All of them, paper by paper."""
    return [decide(claim) for paper in PAPERS for claim in CLAIMS if claim.paper == paper]
