"""One table: what is trained. TRADES (Zhang et al. 2019) on an MNIST LeNet-5, and a control with another objective."""

from typing import Any

from robustlib.attacks import PGD
from robustlib.datasets import Batches
from robustlib.experiments import Experiment
from robustlib.models import lenet5
from robustlib.objectives import TRADES, AdversarialTraining
from robustlib.objectives.trades import NearCentre
from robustlib.training import SGD, Steps

# The released code: eps 0.3, 40 steps of 0.01, from Gaussian noise of 0.001 around each image.
ATTACK = PGD(0.3, steps=40, alpha=0.01, norm=NearCentre(), precision="fast")
# Released code: SGD of rate 0.01 and momentum 0.9, batches of 128, divided by 10 after epochs 55, 75 and 90 of 100.
# Its network has four convolutions; here it is the LeNet-5 of the other chapters.
SHARED: dict[str, Any] = {
    "dataset": "mnist", "architecture": "LeNet-5", "model": lenet5, "sampler": Batches(128), "optimizer": SGD(0.01),
    "schedule": Steps((0.55, 0.75, 0.9)), "epochs": 100, "affordable": 10,
    "shipped": True,
}  # fmt: skip

EXPERIMENTS = (
    Experiment("table-lenet-trades", "TRADES", training="TRADES", objective=TRADES(ATTACK, beta=1.0), priority=3.0,
               **SHARED),
    # The control: the same in everything but the objective (w = 1 is Madry et al. 2018, here from TRADES' start).
    Experiment("table-lenet-adversarial", "Adversarial training (control)", training="adversarial",
               objective=AdversarialTraining(ATTACK, weight=1.0), priority=2.5, **SHARED),
)  # fmt: skip
