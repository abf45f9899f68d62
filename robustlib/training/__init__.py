"""Training: `fit`, the optimisers and schedules as values, and checkpoints that survive a kill."""

from robustlib.training.crafting import craft_sets as craft_sets
from robustlib.training.distil import distil as distil
from robustlib.training.fit import fit as fit
from robustlib.training.history import History as History
from robustlib.training.optimizers import SGD as SGD
from robustlib.training.optimizers import Adam as Adam
from robustlib.training.optimizers import DecayWeights as DecayWeights
from robustlib.training.retraining import retrain as retrain
from robustlib.training.schedules import Constant as Constant
from robustlib.training.schedules import Cosine as Cosine
from robustlib.training.schedules import OneCycle as OneCycle
from robustlib.training.schedules import Steps as Steps
