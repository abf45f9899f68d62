"""Objectives: what training minimises on one batch, one frozen dataclass per paper or baseline."""

from robustlib.objectives.at2l import AT2L as AT2L
from robustlib.objectives.dundi import DunDi as DunDi
from robustlib.objectives.jacobian_regularisation import JacobianRegularisation as JacobianRegularisation
from robustlib.objectives.mad import MAD as MAD
from robustlib.objectives.prototype_conformity import PrototypeConformity as PrototypeConformity
from robustlib.objectives.reverse_cross_entropy import ReverseCrossEntropy as ReverseCrossEntropy
from robustlib.objectives.reverse_cross_entropy import SmoothedCrossEntropy as SmoothedCrossEntropy
from robustlib.objectives.robust_representations import RobustRepresentations as RobustRepresentations
from robustlib.objectives.standard import AdversarialTraining as AdversarialTraining
from robustlib.objectives.standard import CrossEntropy as CrossEntropy
from robustlib.objectives.trades import TRADES as TRADES
from robustlib.objectives.triplet_regularisation import TripletRegularisation as TripletRegularisation
from robustlib.objectives.wgan_gp import WGANGP as WGANGP
