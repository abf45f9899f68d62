"""The report's own evaluation, put before the report card: table 1 whole, and its row PGD alone."""

from dataclasses import replace

from robustlib.chapters.robust_representations.measures import EPS, TABLE1
from robustlib.experiments.card_rows import Card, of_own_attackers
from robustlib.experiments.measurement import Measurement, Subject
from robustlib.interfaces import Attack

# Sections 2.2.1 to 2.2.4 and table 1 print eps = 0.3, and no number of steps. BIM and MIM with ten steps of eps / 10;
# PGD with ten steps of 2/255, the reading under which the row PGD stands above the row BIM as it does in table 1.
ROWS = {"FGSM": "FGSM", "BIM": "BIM", "MIM": "MIM", "PGD": "small-step PGD"}


def table1(on: Subject, eps: float) -> dict[str, Attack]:
    """The four attacks of table 1."""
    return {name: replace(TABLE1[row], eps=eps) for name, row in ROWS.items()}  # type: ignore[type-var]


def pgd_alone(on: Subject, eps: float) -> dict[str, Attack]:
    """The attack of the row with the largest numbers: 95.49 % where BIM leaves 26.52 %."""
    return {"PGD": table1(on, eps)["PGD"]}


WHOLE = Card(table1, EPS, "Fostiropoulos et al. 2020, table 1")
PGD_ALONE = Card(pgd_alone, EPS, "Fostiropoulos et al. 2020, table 1, PGD alone")
CARDS = (
    Measurement("rr-lenet-ours", "card", WHOLE, n=50),
    Measurement("rr-lenet-ours", "pgd-card", PGD_ALONE, n=50),
    Measurement("rr-lenet-ours", "own-card", of_own_attackers(WHOLE), n=50),
    Measurement("rr-convnet-ours", "card", WHOLE, n=20),
    Measurement("rr-convnet-ours", "pgd-card", PGD_ALONE, n=20),
    Measurement("rr-convnet-ours", "own-card", of_own_attackers(WHOLE), n=20),
)
