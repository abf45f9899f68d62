"""The evaluation that a Python file names, and its card."""

import runpy
from pathlib import Path

from robustlib.evaluation.card.report import ReportCard
from robustlib.evaluation.report_card import report_card

NEEDED = ("model", "data", "attacks", "eps")
MORE = (
    "norm", "seed", "batch", "passes", "limit", "queries", "binarised", "inner", "source", "features", "detector",
    "threshold", "only",
)  # fmt: skip


def card_of(file: Path, checkpoint: Path | None = None) -> ReportCard:
    """Run the file and judge what it names: model, data, attacks, eps, and any further argument of `report_card`.

    The file is run as it is: only run what you trust. An interrupted card goes on from the checkpoint.
    Raises: LookupError for a file that lacks one of the four; FileNotFoundError; whatever the file raises.
    """
    if not file.is_file():
        raise FileNotFoundError(f"{file}: there is no such file; it names {', '.join(NEEDED)}")
    found = runpy.run_path(str(file))
    if absent := [name for name in NEEDED if name not in found]:
        raise LookupError(f"{file}: it must name {', '.join(NEEDED)}, and lacks {', '.join(absent)}")
    more = {name: found[name] for name in MORE if name in found}
    return report_card(*(found[name] for name in NEEDED), progress=True, checkpoint=checkpoint, **more)
