"""The checks of the report card, a file for each family; `evaluation.report_card` asks them all."""

from robustlib.evaluation.card.check import CANNOT as CANNOT
from robustlib.evaluation.card.check import FAILS as FAILS
from robustlib.evaluation.card.check import PASSES as PASSES
from robustlib.evaluation.card.check import Check as Check
from robustlib.evaluation.card.check import Finding as Finding
