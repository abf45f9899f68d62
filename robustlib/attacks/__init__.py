"""Attacks: one frozen dataclass a file, called as `attack(model, x, y)`."""

from robustlib.attacks.apgd import APGD as APGD
from robustlib.attacks.bim import BIM as BIM
from robustlib.attacks.capped import Capped as Capped
from robustlib.attacks.carlini_wagner import CarliniWagner as CarliniWagner
from robustlib.attacks.carlini_wagner_linf import CarliniWagnerLinf as CarliniWagnerLinf
from robustlib.attacks.feature_matching import FeatureMatching as FeatureMatching
from robustlib.attacks.fgsm import FGSM as FGSM
from robustlib.attacks.mim import MIM as MIM
from robustlib.attacks.noise import Noise as Noise
from robustlib.attacks.pgd import PGD as PGD
from robustlib.attacks.targeted import APGDT as APGDT
from robustlib.attacks.wrappers import RandomEps as RandomEps
from robustlib.attacks.wrappers import Restarts as Restarts
from robustlib.attacks.wrappers import Strongest as Strongest
