"""Planted frauds: defences that only fool the attack. What judges an evaluation must convict each of them.

Each wraps a `Classifier` and gives another, of the same answers or nearly, so that what it adds in robust accuracy
under plain PGD is a fault of the evaluation. None is a defence: the docstrings name the attack that passes it. A step
too small to reach the sphere is a fraud too, but of the attack: `PGD(0.3, steps=10, alpha=2 / 255)`.
"""

from robustlib.evaluation.frauds.layers import KWinners as KWinners
from robustlib.evaluation.frauds.layers import Quantise as Quantise
from robustlib.evaluation.frauds.layers import RejectsEverything as RejectsEverything
from robustlib.evaluation.frauds.layers import Scale as Scale
from robustlib.evaluation.frauds.layers import SteepNoise as SteepNoise
from robustlib.evaluation.frauds.wrappers import k_winners_take_all as k_winners_take_all
from robustlib.evaluation.frauds.wrappers import quantised_input as quantised_input
from robustlib.evaluation.frauds.wrappers import random_noise as random_noise
from robustlib.evaluation.frauds.wrappers import saturated_softmax as saturated_softmax
from robustlib.evaluation.frauds.wrappers import stop_gradient as stop_gradient
