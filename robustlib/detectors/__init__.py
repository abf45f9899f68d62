"""Detectors: a score of every image, higher for more normal ones, and what to do below a threshold."""

from robustlib.detectors.bandwidth import GammaChoice as GammaChoice
from robustlib.detectors.bandwidth import choose_gamma as choose_gamma
from robustlib.detectors.bayesian import BayesianDensity as BayesianDensity
from robustlib.detectors.bayesian import dropout_uncertainty as dropout_uncertainty
from robustlib.detectors.confidence import Confidence as Confidence
from robustlib.detectors.fingerprint import fingerprint as fingerprint
from robustlib.detectors.guarded import NOT_SURE as NOT_SURE
from robustlib.detectors.guarded import Guarded as Guarded
from robustlib.detectors.kernel_density import KernelDensity as KernelDensity
from robustlib.detectors.non_maximal import NonMaximalEntropy as NonMaximalEntropy
from robustlib.detectors.non_maximal import non_maximal_entropy as non_maximal_entropy
