"""Two controls of the stop-gradient, on the LeNet: cross-entropy and triplets train the body together.

Each shares every field but the objective's `stop_gradient` with a network of the report. `rr-lenet-joint` is the
training that its section 3.2 calls impractical. `rr-lenet-joint-pgd` lies between Ours_PGD and Softmax_PGD: it differs
from the first by the stop-gradient alone, and from the second by the triplets alone.
"""

from dataclasses import replace

from robustlib.chapters.robust_representations.measures import measurements
from robustlib.chapters.robust_representations.runs import EXPERIMENTS as OF_THE_REPORT
from robustlib.chapters.robust_representations.runs import WITH_PGD
from robustlib.objectives import RobustRepresentations

STOPPED = {e.name: e for e in OF_THE_REPORT}

EXPERIMENTS = (
    replace(
        STOPPED["rr-lenet-ours-pgd"], name="rr-lenet-joint-pgd", label="Joint_PGD (not in the paper)",
        training="triplets and cross-entropy jointly + PGD", objective=replace(WITH_PGD, stop_gradient=False),
        seeds=(0, 1, 2), priority=4.5,
    ),
    replace(
        STOPPED["rr-lenet-ours"], name="rr-lenet-joint", label="Joint (not in the paper)",
        training="triplets and cross-entropy jointly", objective=RobustRepresentations(stop_gradient=False),
        seeds=(0, 1, 2), priority=4.4,
    ),
)  # fmt: skip
MEASUREMENTS = tuple(m for e in EXPERIMENTS for m in measurements(e))
