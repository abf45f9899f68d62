"""Evaluation: outcomes per example, the worst case over attacks, intervals, and the health checks of an evaluation."""

from robustlib.evaluation.cells import Cell as Cell
from robustlib.evaluation.cells import Table as Table
from robustlib.evaluation.cells import TextTable as TextTable
from robustlib.evaluation.checks import zero_gradient_share as zero_gradient_share
from robustlib.evaluation.cost import Cost as Cost
from robustlib.evaluation.cost import cost as cost
from robustlib.evaluation.cost import counting as counting
from robustlib.evaluation.detection import Detection as Detection
from robustlib.evaluation.distortion_bound import DistortionBound as DistortionBound
from robustlib.evaluation.distortion_bound import distortion_bound as distortion_bound
from robustlib.evaluation.evidence import Evidence as Evidence
from robustlib.evaluation.intervals import wilson as wilson
from robustlib.evaluation.iterates import iterates as iterates
from robustlib.evaluation.outcome import Outcome as Outcome
from robustlib.evaluation.outcome import worst_case as worst_case
from robustlib.evaluation.over_seeds import OverSeeds as OverSeeds
from robustlib.evaluation.over_seeds import over_seeds as over_seeds
from robustlib.evaluation.randomness import Randomness as Randomness
from robustlib.evaluation.randomness import declared_randomness as declared_randomness
from robustlib.evaluation.randomness import randomness as randomness
from robustlib.evaluation.sweep import sweep as sweep
from robustlib.evaluation.taylor import TaylorRemainder as TaylorRemainder
from robustlib.evaluation.taylor import taylor_remainder as taylor_remainder
from robustlib.evaluation.under_attack import under_attack as under_attack
from robustlib.evaluation.verdicts import accuracy as accuracy
from robustlib.evaluation.verdicts import pairs as pairs
