"""Objectives: what training minimises on one batch, one frozen dataclass per paper or baseline."""

from robustlib.objectives.robust_representations import RobustRepresentations as RobustRepresentations
from robustlib.objectives.standard import AdversarialTraining as AdversarialTraining
from robustlib.objectives.standard import CrossEntropy as CrossEntropy
