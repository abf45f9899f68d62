"""Answers to the exercises of attacks.ipynb, right and wrong; book/EXERCISES.md says how such a file is written."""

import numpy as np
import torch

from robustlib import chapters as chapters  # they name the networks
from robustlib.attacks import PGD as PGD
from robustlib.datasets import load
from robustlib.experiments import load_model

mnist = load("mnist_5k")
plain = load_model("rr-lenet-softmax")


# %% hyperplane: right
# The least squares solution of one equation, by the pseudo-inverse.
def nearest_on_boundary(x, W, b):
    w = (W[1] - W[0])[None]
    return x - (x @ w.T + b[1] - b[0]) @ torch.linalg.pinv(w).T


# %% hyperplane: right
# In NumPy, point by point.
def nearest_on_boundary(x, W, b):
    w, gap = (W[0] - W[1]).numpy(), (x @ W.T + b).numpy()
    return [
        p - (g[0] - g[1]) / np.dot(w, w) * w
        for p, g in zip(x.numpy(), gap, strict=True)
    ]


# %% hyperplane: fault
# Every coordinate moves by the same amount: nearest in L-infinity, not in L2.
def nearest_on_boundary(x, W, b):
    w = W[0] - W[1]
    gap = x @ w + b[0] - b[1]
    return x - gap[:, None] * w.sign() / w.abs().sum()


# %% hyperplane: fault
# DeepFool goes a little beyond the boundary, by its overshoot of 2 %.
def nearest_on_boundary(x, W, b):
    w = W[0] - W[1]
    gap = x @ w + b[0] - b[1]
    return x - 1.02 * gap[:, None] * w / w.square().sum()


# %% hyperplane: wrong
# Divided by the length once: w is not made a unit vector.
def nearest_on_boundary(x, W, b):
    w = W[0] - W[1]
    gap = x @ w + b[0] - b[1]
    return x - gap[:, None] * w / w.norm()


# %% hyperplane: wrong
# A boundary goes through the origin.
def nearest_on_boundary(x, W, b):
    w = W[0] - W[1]
    return x - (x @ w)[:, None] * w / w.square().sum()


# %% hyperplane: wrong
# Against the gradient of the first logit.
def nearest_on_boundary(x, W, b):
    w = W[0]
    gap = x @ (W[0] - W[1]) + b[0] - b[1]
    return x - gap[:, None] * w / (w @ (W[0] - W[1]))


# %% hyperplane: wrong
# The sign is lost: away from the boundary.
def nearest_on_boundary(x, W, b):
    w = W[0] - W[1]
    gap = x @ w + b[0] - b[1]
    return x + gap[:, None] * w / w.square().sum()


# %% hyperplane: wrong
# The gaps are one row, the points many: the shapes do not fit.
def nearest_on_boundary(x, W, b):
    w = W[0] - W[1]
    gap = x @ w + b[0] - b[1]
    return x - gap * w / w.square().sum()


# %% hyperplane: wrong
# Pixels stay in [0, 1].
def nearest_on_boundary(x, W, b):
    w = W[0] - W[1]
    gap = x @ w + b[0] - b[1]
    return (x - gap[:, None] * w / w.square().sum()).clamp(0, 1)


# %% hyperplane: hidden
# A unit vector towards the boundary, times the distance; on the boundary it is 0 / 0.
def nearest_on_boundary(x, W, b):
    w = W[0] - W[1]
    gap = (x @ w + b[0] - b[1])[:, None]
    way = -gap * w
    return x + way / way.norm(dim=1, keepdim=True) * gap.abs() / w.norm()


# %% bisect: right
# One image after the other, as a list.
def nearest_radius(model, x, y, attack_at, top=0.4, rounds=4):
    def breaks(i, eps):
        x_adv = attack_at(eps)(model, x[i : i + 1], y[i : i + 1])
        return model(x_adv).argmax(1).item() != y[i].item()

    found = []
    for i in range(len(x)):
        low, high = 0.0, top
        if model(x[i : i + 1]).argmax(1).item() != y[i].item():
            high = 0.0
        elif breaks(i, top):
            for _ in range(rounds):
                middle = (low + high) / 2
                low, high = (low, middle) if breaks(i, middle) else (middle, high)
        found.append(high)
    return found


# %% bisect: right
# No bisection: every radius of the grid, from the largest down; slower, and as exact.
def nearest_radius(model, x, y, attack_at, top=0.4, rounds=4):
    found, open_ = torch.full((len(x),), top), torch.ones(len(x), dtype=torch.bool)
    for i in range(2**rounds, 0, -1):
        eps = top * i / 2**rounds
        open_ &= model(attack_at(eps)(model, x, y)).argmax(1) != y
        found[open_] = eps
    found[model(x).argmax(1) != y] = 0
    return found


# %% bisect: fault
# A budget attack has one eps, so its radius is the answer for every image that it breaks.
def nearest_radius(model, x, y, attack_at, top=0.4, rounds=4):
    found = torch.full((len(x),), top)
    found[model(x).argmax(1) != y] = 0
    return found


# %% bisect: fault
# One interval for the whole batch: the radius at which half of the images break.
def nearest_radius(model, x, y, attack_at, top=0.4, rounds=4):
    low, high = 0.0, top
    for _ in range(rounds):
        middle = (low + high) / 2
        broken = model(attack_at(middle)(model, x, y)).argmax(1) != y
        low, high = (low, middle) if broken.float().mean() > 0.5 else (middle, high)
    return torch.where(model(x).argmax(1) != y, 0, torch.full((len(x),), high))


# %% bisect: wrong
# The lower end of the interval: a radius at which the image still stands.
def nearest_radius(model, x, y, attack_at, top=0.4, rounds=4):
    low, high = torch.zeros(len(x)), torch.full((len(x),), top)
    for _ in range(rounds):
        middle = (low + high) / 2
        broken = torch.stack(
            [
                model(
                    attack_at(e.item())(model, x[i : i + 1], y[i : i + 1])
                ).argmax(1)[0]
                != y[i]
                for i, e in enumerate(middle)
            ]
        )
        low, high = (
            torch.where(broken, low, middle),
            torch.where(broken, middle, high),
        )
    return low


# %% bisect: wrong
# An image that is wrong from the start is found by the smallest radius asked for.
def nearest_radius(model, x, y, attack_at, top=0.4, rounds=4):
    found = torch.full((len(x),), top)
    for i in range(2**rounds, 0, -1):
        eps = top * i / 2**rounds
        found[model(attack_at(eps)(model, x, y)).argmax(1) != y] = eps
    return found


# %% bisect: wrong
# An image that stands at top has no radius.
def nearest_radius(model, x, y, attack_at, top=0.4, rounds=4):
    found = torch.full((len(x),), torch.inf)
    for i in range(2**rounds, 0, -1):
        eps = top * i / 2**rounds
        found[model(attack_at(eps)(model, x, y)).argmax(1) != y] = eps
    found[model(x).argmax(1) != y] = 0
    return found


# %% bisect: wrong
# The grid is walked upwards and every success overwrites the one before: the largest radius.
def nearest_radius(model, x, y, attack_at, top=0.4, rounds=4):
    found = torch.full((len(x),), top)
    for i in range(1, 2**rounds + 1):
        eps = top * i / 2**rounds
        found[model(attack_at(eps)(model, x, y)).argmax(1) != y] = eps
    found[model(x).argmax(1) != y] = 0
    return found


# %% bisect: hidden
# Four rounds are enough.
def nearest_radius(model, x, y, attack_at, top=0.4, rounds=4):
    found = torch.full((len(x),), top)
    for i in range(2**4, 0, -1):
        eps = top * i / 2**4
        found[model(attack_at(eps)(model, x, y)).argmax(1) != y] = eps
    found[model(x).argmax(1) != y] = 0
    return found


# %% signs: right
# One question after the other; a list without doubles is as good as a set.
def signs(report):
    found = []
    if max(v for k, v in report.items() if k != "clean") - report["clean"] > 1:
        found.append("clean")
    if report["PGD"] - report["FGSM"] > 1:
        found.append("steps")
    if report["PGD"] - report["Square"] > 1 or report["PGD"] - report["noise"] > 1:
        found.append("gradient")
    if report["PGD at 0.5"] > 11:
        found.append("unbounded")
    return found


# %% signs: right
# A table of pairs: this number must not exceed that one by more than a point.
def signs(report):
    ten = report | {"ten": 10}
    pairs = [("clean", k, "clean") for k in report] + [("steps", "PGD", "FGSM")]
    pairs += [
        ("gradient", "PGD", "Square"),
        ("gradient", "PGD", "noise"),
        ("unbounded", "PGD at 0.5", "ten"),
    ]
    return frozenset(word for word, high, low in pairs if ten[high] > ten[low] + 1)


# %% signs: fault
# A weak number of PGD is trusted: only the steps are compared, no black box and no noise.
def signs(report):
    found = set()
    if report["PGD"] > report["FGSM"] + 1:
        found.add("steps")
    if report["PGD at 0.5"] > 11:
        found.add("unbounded")
    if max(v for k, v in report.items() if k != "clean") > report["clean"] + 1:
        found.add("clean")
    return found


# %% signs: fault
# A robust network may keep something at 0.5: no sign.
def signs(report):
    found = set()
    if report["PGD"] > report["FGSM"] + 1:
        found.add("steps")
    if min(report["Square"], report["noise"]) < report["PGD"] - 1:
        found.add("gradient")
    if max(v for k, v in report.items() if k != "clean") > report["clean"] + 1:
        found.add("clean")
    return found


# %% signs: wrong
# Any difference is a sign, however small.
def signs(report):
    tests = {
        "clean": max(v for k, v in report.items() if k != "clean")
        > report["clean"],
        "steps": report["PGD"] > report["FGSM"],
        "gradient": min(report["Square"], report["noise"]) < report["PGD"],
        "unbounded": report["PGD at 0.5"] > 10,
    }
    return {name for name, wrong in tests.items() if wrong}


# %% signs: wrong
# One sign is enough: the first that is found.
def signs(report):
    if report["PGD"] > report["FGSM"] + 1:
        return {"steps"}
    if min(report["Square"], report["noise"]) < report["PGD"] - 1:
        return {"gradient"}
    if report["PGD at 0.5"] > 11:
        return {"unbounded"}
    return {"clean"} if max(report.values()) > report["clean"] + 1 else set()


# %% signs: wrong
# The words as one string.
def signs(report):
    return "steps" if report["PGD"] > report["FGSM"] + 1 else ""


# %% signs: wrong
# Above chance is above nothing.
def signs(report):
    tests = {
        "clean": max(v for k, v in report.items() if k != "clean")
        > report["clean"] + 1,
        "steps": report["PGD"] > report["FGSM"] + 1,
        "gradient": min(report["Square"], report["noise"]) < report["PGD"] - 1,
        "unbounded": report["PGD at 0.5"] > 1,
    }
    return {name for name, wrong in tests.items() if wrong}


# %% signs: wrong
# The report has a key for every attack, "APGD" too.
def signs(report):
    return {"steps"} if report["APGD"] > report["FGSM"] + 1 else set()


# %% signs: hidden
# One point is already a difference.
def signs(report):
    tests = {
        "clean": max(v for k, v in report.items() if k != "clean")
        > report["clean"] + 1,
        "steps": report["PGD"] >= report["FGSM"] + 1,
        "gradient": min(report["Square"], report["noise"]) < report["PGD"] - 1,
        "unbounded": report["PGD at 0.5"] > 11,
    }
    return {name for name, wrong in tests.items() if wrong}


# %% signs: hidden
# Only noise and one step can be above the clean accuracy.
def signs(report):
    tests = {
        "clean": max(report["noise"], report["FGSM"]) > report["clean"] + 1,
        "steps": report["PGD"] > report["FGSM"] + 1,
        "gradient": min(report["Square"], report["noise"]) < report["PGD"] - 1,
        "unbounded": report["PGD at 0.5"] > 11,
    }
    return {name for name, wrong in tests.items() if wrong}
