"""An alarm: the loss after twenty steps on fixed tensors, as it was when the objective was written."""

import importlib

import pytest
import torch
from objectives.toys import examples, network

from robustlib import objectives
from robustlib.attacks import BIM, FGSM, NFGSM, PGD
from robustlib.losses import any_other, semi_hard
from robustlib.objectives import (
    AT2L,
    TRADES,
    AdversarialTraining,
    CrossEntropy,
    JacobianRegularisation,
    RobustRepresentations,
    TripletRegularisation,
)
from robustlib.objectives.adversarial_triplet import NormTriplet
from robustlib.objectives.trades import NearCentre

AROUND = PGD(0.1, steps=3, alpha=0.05, norm=NearCentre())
GOLDEN = {
    "ce": (CrossEntropy(), {"ce": 1.05018, "sum": 1.05018}),
    "adversarial": (AdversarialTraining(FGSM(0.1)), {"clean": 0.53132, "adversarial": 0.64185, "sum": 1.17317}),
    "madry": (AdversarialTraining(BIM(0.1, 3), 1.0), {"adversarial": 1.23914, "sum": 1.23914}),
    "triplet": (RobustRepresentations(), {"triplet": 1.1872, "ce": 1.10857, "sum": 2.29577}),
    "joint": (
        RobustRepresentations(margin=0.5, weight=0.3, stop_gradient=False),
        {"triplet": 0.32897, "ce": 1.0533, "sum": 1.38227},
    ),
    "attacked": (RobustRepresentations(attack=FGSM(0.05)), {"triplet": 1.21948, "ce": 1.16351, "sum": 2.38299}),
    "jacobian": (JacobianRegularisation(0.1, 3), {"ce": 1.06587, "jacobian": 0.0885126, "sum": 1.15439}),
    "trades": (TRADES(AROUND), {"clean": 1.06954, "divergence": 0.0620155, "sum": 1.13156}),
    "n-fgsm": (AdversarialTraining(NFGSM(0.05), 1.0), {"adversarial": 1.16944, "sum": 1.16944}),
    "at2l": (AT2L(FGSM(0.1)), {"clean": 0.838403, "adversarial": 0.319306, "triplet": 0.576736, "sum": 1.73445}),
    "at2l, l2, clean anchor": (
        AT2L(FGSM(0.1), 0.6, 0.5, NormTriplet(0.5, 2.0, any_other, "clean")),
        {"clean": 0.663227, "adversarial": 0.485553, "triplet": 0.123014, "sum": 1.27179},
    ),
    "tla": (
        AT2L.tla(FGSM(0.1)),
        {"adversarial": 1.23026, "triplet": 0.0878982, "lengths": 9.40368e-05, "sum": 1.31825},
    ),
    "regularised": (
        TripletRegularisation(CrossEntropy(), FGSM(0.1), 0.5),
        {"ce": 1.06381, "triplet": 0.398026, "sum": 1.46184},
    ),
    "trades, regularised": (
        TripletRegularisation(TRADES(AROUND), FGSM(0.1)),
        {"clean": 1.09565, "divergence": 0.0881796, "triplet": 0.755295, "sum": 1.93913},
    ),
}
ELSEWHERE = {"DunDi": "test_dundi", "ReverseCrossEntropy": "test_reverse_cross_entropy"}
ELSEWHERE |= {"MAD": "test_mad", "PrototypeConformity": "test_prototype_conformity"}
ELSEWHERE |= {"WGANGP": "test_wgan_gp"}
ELSEWHERE |= {"SmoothedCrossEntropy": "test_reverse_cross_entropy"}  # of another batch, or of another network


def test_every_objective_has_a_golden_loss():
    exported = {name for name, value in vars(objectives).items() if isinstance(value, type)}
    here = {type(objective).__name__ for objective, _ in GOLDEN.values()}
    assert here | set(ELSEWHERE) == exported, "a line in GOLDEN, or in ELSEWHERE the file that has it"
    assert all(hasattr(importlib.import_module(f"objectives.{file}"), "GOLDEN") for file in ELSEWHERE.values())


def train(objective):
    torch.manual_seed(0)
    model, (x, y) = network(), examples()
    optimizer = torch.optim.SGD(model.parameters(), 0.05)
    losses = []
    for _ in range(21):
        optimizer.zero_grad()
        terms = objective(model, x, y)
        total = sum(terms.values())
        total.backward()
        optimizer.step()
        losses.append({name: term.item() for name, term in terms.items()} | {"sum": total.item()})
    return losses


@pytest.mark.parametrize("name", GOLDEN)
def test_loss_after_twenty_steps(name):
    objective, golden = GOLDEN[name]
    losses = train(objective)
    assert losses[-1]["sum"] < losses[0]["sum"]
    assert losses[-1] == pytest.approx(golden, rel=1e-3)


def test_training_is_repeatable_also_with_random_mining():
    objective = RobustRepresentations(mine=semi_hard)
    assert train(objective) == train(objective)
