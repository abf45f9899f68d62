"""Every figure of the plots and toys rooms as the book draws it, from stored results where the book has them."""

from collections.abc import Callable
from functools import cache, partial
from types import SimpleNamespace
from typing import Any

import matplotlib as mpl
import numpy as np
import torch
from figures.examples import RECORDS

from robustlib import figures
from robustlib.attacks import PGD
from robustlib.chapters.attacks import tables as attacks
from robustlib.chapters.breaking import tables as breaking
from robustlib.chapters.breaking.defences import DEFENCES
from robustlib.chapters.dundi import tables as dundi
from robustlib.chapters.reverse_cross_entropy import curves
from robustlib.chapters.robust_representations import tables as triplets
from robustlib.datasets import load
from robustlib.evaluation import Table
from robustlib.experiments import load_model, registry
from robustlib.experiments.readings import reading
from robustlib.figures.page.picture import Picture
from robustlib.figures.plots import style

LOOK = "Look."
RNG = np.random.default_rng(0)
Y = np.arange(300) % 10
Z = RNG.normal(size=(10, 8))[Y] * 5 + RNG.normal(size=(300, 8))


def bars() -> Picture:
    """Two step sizes of one attack, with the paper's numbers."""
    found = triplets.pgd_readings()
    groups = {label: {name: reading(row) for name, row in inside.items()} for label, inside in found.items()}
    printed = {
        (label, name): 100 * row.reported
        for label, inside in found.items()
        for name, row in inside.items()
        if row.reported is not None
    }
    return figures.bars(groups, paper=printed, caption=LOOK)


def sweep() -> Picture:
    """Four attacks on one network, one of which runs out of steps."""
    names = {"FGSM": "FGSM", "small-step PGD": "small-step PGD", "PGD": "PGD", "worst case": triplets.WORST}
    series = {name: triplets.curve("rr-lenet-ours", of) for name, of in names.items()}
    return figures.robust_accuracy_curves(series, mark=(10 * 2 / 255, "reach of ten steps"), caption=LOOK)


def rows() -> Picture:
    """Every network of the chapter under its worst case."""
    series = {row: triplets.curve(f"rr-lenet-{row}", triplets.WORST) for row in triplets.ROWS}
    return figures.robust_accuracy_curves(series, caption=LOOK)


def transferred() -> Picture:
    """Two networks under two attacks each."""
    networks = {"DunDi": "dundi-mnist-r1", "softmax": "dundi-mnist-native1"}
    attack_names = ("FGSM", "iFGSM-b")
    series = {(m, a): dundi.transfer_curve(name, a) for a in attack_names for m, name in networks.items()}
    return figures.robust_accuracy_curves(series, caption="Look. Band: all five draws.")


def white_box() -> Picture:
    """One network under three attacks, beside another."""
    curve, r3 = dundi.white_box_curve, "dundi-mnist-r3"
    series = {
        ("DunDi", "cross-entropy PGD"): curve(r3, "cross-entropy PGD on distances"),
        ("DunDi", "Square"): curve(r3, "Square"),
        ("DunDi", "worst case"): curve(r3),
        ("softmax", "margin PGD"): curve("dundi-mnist-native3", "margin PGD"),
    }
    return figures.robust_accuracy_curves(series, caption=LOOK)


def oblivious() -> Picture:
    """Two losses under four attacks: eight lines, which all end at 0."""
    names = ("FGSM", "BIM", "ILCM", "JSMA")
    series = {(loss, a): c for a in names for loss, c in curves.accuracy_curves("mnist", a).items()}
    return figures.robust_accuracy_curves(series, caption=LOOK)


def gamma() -> Picture:
    """Two curves of AUC with the printed and chosen gammas."""
    series = {(loss, "K-density"): curve for loss, curve in curves.gamma_curves("mnist", "BIM").items()}
    return figures.gamma_figure(series, **curves.gammas("mnist"), caption=LOOK)


def cost() -> Picture:
    """Six attacks over passes."""
    floor = ("worst case of all", attacks.worst_case("rr-lenet-softmax-pgd"))
    return figures.cost_curves(attacks.climb_curves("rr-lenet-softmax-pgd"), floor=floor, caption=LOOK)


def distances() -> Picture:
    """Five minimum-norm attacks and a budget attack."""
    points = {"PGD": attacks.l2_points("rr-lenet-softmax")}
    return figures.distance_curves(attacks.distances("rr-lenet-softmax"), points, caption=LOOK)


def loss_lines() -> Picture:
    """A loss over the distance, for two kinds of pairs."""
    g = np.linspace(0, 2, 81)
    words: dict[str, Any] = {"xlabel": "distance g of the pair", "ylabel": "loss", "caption": LOOK, "alt": "Two lines."}
    return figures.lines(
        g.tolist(), {"same class": (g**2).tolist(), "two classes": ((1 - g).clip(0) ** 2).tolist()}, top=1, **words
    )


ROUNDS = figures.Rounds(
    {(m, way): {k: (v, 0.9 * v, v) for k, v in enumerate((0.9, 0.5, 0.3, 0.2 + shift))}
     for m, shift in (("AT2L", 0.1), ("adversarial training", 0.0)) for way in ("static", "adaptive")},
    {"AT2L": [90.0 - 5 * k for k in range(11)]},
)  # fmt: skip


def fallen() -> Picture:
    """Every defence of the book under its paper's attack and under the strongest, with its control."""
    controls = [breaking.control_row(of) for of in DEFENCES.values()]
    return figures.fall_plot(breaking.falls(), caption=LOOK, measure="read right, in %", controls=controls)


def differences() -> Picture:
    """Five terms less none in two settings, of three seeds and of one."""
    names = ("AT2L", "TLA", "Robust representations' triplet", "the same triplet, stop-gradient")
    groups: dict[str, Any] = {"MNIST, eps 0.2": {}, "MNIST, eps 0.3": {names[1]: None, names[0]: None}}
    for k, name in enumerate(names):
        groups["MNIST, eps 0.2"][name] = SimpleNamespace(value=0.01 * k - 0.02, images=0.01, seeds=0.03, count=3)
    groups["CIFAR-10, eps 8/255"] = {names[0]: SimpleNamespace(value=0.01, images=0.02, seeds=None, count=1)}
    mark = (3.37, "Mao et al. on CIFAR-10")
    return figures.forest(groups, measure="accuracy less that of no triplet, in points", mark=mark, caption=LOOK)


def slices() -> Picture:
    """Two networks' margins around one image."""
    a, b = np.meshgrid(np.linspace(-0.4, 0.4, 9), np.linspace(-0.4, 0.4, 9), indexing="ij")
    planes = {"adversarial training, gradient": 9 * a - 2, "AT2L, gradient": 5 * a + b**2 - 1}
    return figures.boundary_slices(
        {name: {"margin": m.tolist(), "reach": 0.4} for name, m in planes.items()}, eps=0.2, caption=LOOK
    )


def points() -> Picture:
    """A bound against what was found, for two networks."""
    bound = RNG.lognormal(size=(2, 40))
    series = {
        name: (b.tolist(), (b * RNG.lognormal(size=40)).tolist()) for name, b in zip(("CE", "MAD"), bound, strict=True)
    }
    words: dict[str, Any] = {"xlabel": "bound on the L2 distortion", "ylabel": "distortion found", "alt": "Points."}
    return figures.scatter(series, logarithmic=True, caption=LOOK, **words)


def moved() -> Picture:
    """Clean digits and arrows to their attacked versions."""
    to = (Y[:25] + 3) % 10
    return figures.embedding(Z, Y, Z[to] + RNG.normal(size=(25, 8)), to, caption=LOOK)


def table(name: str) -> Table:
    """A table of the book."""
    return registry.table(name)()


HISTORY = SimpleNamespace(terms={"triplet": [0.31, 0.22, 0.2], "cross-entropy": [0.08, 0.12, 0.05]})


def surface() -> Picture:
    """PGD's way over the loss of a digit."""
    x, y = load("mnist_5k").test[3:4]
    return figures.loss_surface(load_model("rr-lenet-softmax"), x, y, PGD(0.1, steps=20), points=21, caption=LOOK)


PICTURES: dict[str, Callable[[], Picture]] = {
    "bars": bars,
    "robust_accuracy_curves": sweep,
    "robust_accuracy_curves, networks": rows,
    "robust_accuracy_curves, transfer": transferred,
    "robust_accuracy_curves, white box": white_box,
    "robust_accuracy_curves, eight": oblivious,
    "training_curves": partial(figures.training_curves, {"ours": HISTORY, "softmax": HISTORY}, caption=LOOK),
    "roc_figure": partial(figures.roc_figure, RECORDS, caption=LOOK),
    "roc_figure, logarithmic": partial(figures.roc_figure, RECORDS, log=True, caption=LOOK),
    "gamma_figure": gamma,
    "cost_curves": cost,
    "distance_curves": distances,
    "distance_bars": lambda: figures.distance_bars(curves.distortions("mnist"), caption=LOOK),
    **{
        f"dot_plot, {name}": lambda name=name: figures.dot_plot(table(name), caption=LOOK)
        for name in (
            *(
                "dundi/table1_mnist",
                "dundi/figure7",
                "reverse_cross_entropy/table1",
                "reverse_cross_entropy/table2_mnist",
            ),
            *("robust_representations/table1", "robust_representations/adaptive"),
        )
    },
    "dot_plot, one column": lambda: figures.dot_plot(
        table("robust_representations/table1"), columns=["PGD 40 x 0.01, random start"], caption=LOOK
    ),
    "embedding": moved,
    "maps": lambda: figures.maps(curves.embedding_maps("mnist"), caption=LOOK),
    "placed": lambda: figures.placed(torch.from_numpy(Z[:, :2]), torch.from_numpy(Y), caption=LOOK),
    "lines": loss_lines,
    "fall_plot": fallen,
    "forest": differences,
    "boundary_slices": slices,
    "iteration_curves": lambda: figures.iteration_curves(
        {f"{attack}, {of} set": ROUNDS for of in ("gradient", "optimisation") for attack in ("FGSM", "C&W")},
        caption=LOOK,
    ),
    "iteration_curves, one": lambda: figures.iteration_curves({"FGSM": ROUNDS}, caption=LOOK),
    "scatter": points,
    "stacked": lambda: figures.stacked(
        {name: {"agrees": 3, "differs": k} for k, name in enumerate(("DunDi", "Robust representations"))},
        colours={"agrees": "#009E73", "differs": "#BF4300"},
        caption=LOOK,
    ),
    "triplet_toy": figures.triplet_toy,
    "distance_toy": figures.distance_toy,
    "margin_toy": figures.margin_toy,
    "attacked_triplet_toy": figures.attacked_triplet_toy,
    "loss_surface": surface,
    "manifold_toy": lambda: figures.manifold_toy(steps=20).picture,
}


@cache
def picture(name: str) -> Picture:
    """One of them, drawn as in a notebook of the book, once for all tests."""
    with mpl.rc_context():
        style.use()
        return PICTURES[name]()
