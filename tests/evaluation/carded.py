"""What the tests of the report card judge: an affine network of which every number is known, and small cards of it."""

import torch
from torch import nn

from robustlib.attacks import PGD
from robustlib.evaluation.report_card import report_card
from robustlib.models import Classifier

N, EPS = 12, 0.1
SMALL = {"passes": 8, "queries": 8, "binarised": 2, "inner": 50}


def affine(sign=1.0):
    """Class 1 where the mean pixel is above a half: eps breaks the images whose mean is nearer to it than eps."""
    head = nn.Linear(16, 2)
    with torch.no_grad():
        head.weight.copy_(sign * torch.stack([-torch.ones(16), torch.ones(16)]) / 16)
        head.bias.copy_(sign * torch.tensor([0.5, -0.5]))
    return Classifier(nn.Flatten(), head).eval()


def images():
    """Mean pixels 0.51 to 0.62, class 1: PGD at 0.1 breaks the nine below 0.6."""
    means = torch.tensor([0.51, 0.52, 0.53, 0.54, 0.55, 0.56, 0.57, 0.58, 0.59, 0.61, 0.615, 0.62])
    return means.reshape(N, 1, 1, 1).expand(N, 1, 4, 4).clone(), torch.ones(N, dtype=torch.int64)


def card(attack=None, model=None, data=None, eps=EPS, **more):
    """The card of one attack, PGD in four steps, called "A"."""
    chosen = PGD(EPS, steps=4) if attack is None else attack
    return report_card(model or affine(), data or images(), {"A": chosen}, eps, **SMALL | more)


def finding(of, name):
    """The line of a card with this name."""
    return next(check for check in of.checks if check.name == name)
