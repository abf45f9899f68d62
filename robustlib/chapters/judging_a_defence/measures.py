"""What is measured for the chapter on judging a defence: the planted frauds, attacked and before the report card."""

from robustlib.chapters.judging_a_defence.fraud_cards import AttackedFrauds, FraudCards
from robustlib.chapters.judging_a_defence.frauds import DETECTOR, FRAUDS, TRAINED, UNDEFENDED
from robustlib.experiments import Measurement

PLAIN, ROBUST = "rr-lenet-softmax", "rr-lenet-softmax-pgd"
RADII = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.5, 1.0)  # the last is the whole box
SETS, SIZE = 3, 50

MEASUREMENTS = (
    Measurement(PLAIN, "frauds", AttackedFrauds(RADII), n=200, priority=2.0),
    Measurement(ROBUST, "frauds", AttackedFrauds(RADII, frauds=()), n=200, priority=2.0),
    Measurement(PLAIN, "fraud-cards", FraudCards((UNDEFENDED, *FRAUDS, DETECTOR), SIZE, SETS), n=SIZE * SETS),
    Measurement(ROBUST, "fraud-cards", FraudCards((TRAINED,), SIZE, SETS), n=SIZE * SETS),
)
