"""What the tests of this room aim at: records of a detector, and a busy drawing."""

import json
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure

from robustlib.evaluation import Detection
from robustlib.figures.plots.canvas import canvas


def record(shift: float, m: int = 1000, n: int = 400) -> dict[str, Any]:
    """A stored record of scores whose adversarial ones lie lower by this much."""
    generator = torch.Generator().manual_seed(int(10 * shift))
    of = Detection(torch.randn(m, generator=generator), torch.randn(n, generator=generator) * 1.5 - shift)
    return json.loads(json.dumps(of.record()))


RECORDS = {"RCE, K-density": record(3.0), "CE, K-density": record(1.0)}
EMPTY = Detection(torch.zeros(3), torch.zeros(0)).record()


def drawn() -> Figure:
    """Five hundred dots in eight colours."""
    figure = canvas()
    ax = figure.add_subplot(xlabel="first number", ylabel="second number")
    rng = np.random.default_rng(0)
    ax.scatter(*rng.normal(size=(2, 500)), c=rng.integers(0, 8, 500), cmap="tab10")
    return figure
