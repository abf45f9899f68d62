"""Answers to the exercises of metric_learning.ipynb, right and wrong; how: book/EXERCISES.md."""

import numpy as np
import torch
import torch.nn.functional as F

from robustlib.models import NearestOracles as NearestOracles
from robustlib.models import TwoStep as TwoStep


# %% active: right
# Three loops.
def active_share(z, y, margin):
    active, every = 0, 0
    for a in range(len(y)):
        for p in range(len(y)):
            for n in range(len(y)):
                if a != p and y[a] == y[p] and y[a] != y[n]:
                    every += 1
                    active += (z[a] - z[p]).square().sum() - (
                        z[a] - z[n]
                    ).square().sum() + margin > 0
    return active / every if every else 0


# %% active: right
# Anchor by anchor, in NumPy.
def active_share(z, y, margin):
    z, y, found = z.numpy(), y.numpy(), []
    for a in range(len(y)):
        d = ((z - z[a]) ** 2).sum(1)
        same = y == y[a]
        others = np.arange(len(y)) != a
        found.append((d[same & others][:, None] - d[~same] + margin > 0).ravel())
    every = np.concatenate(found)
    return every.mean() if len(every) else 0.0


# %% active: fault
# What a miner sees: the hardest triplet of each anchor.
def active_share(z, y, margin):
    d, same = torch.cdist(z, z).square(), y[:, None] == y
    if same.all():
        return 0.0
    far = torch.where(same, d, -torch.inf).amax(1)
    near = torch.where(same, torch.inf, d).amin(1)
    return (far - near + margin > 0).float().mean().item()


# %% active: fault
# One random negative for each pair instead of all of them.
def active_share(z, y, margin):
    d, hinges = torch.cdist(z, z).square(), []
    for a in range(len(y)):
        for p in range(len(y)):
            others = (y != y[a]).nonzero()[:, 0]
            if a != p and y[a] == y[p] and len(others):
                n = others[torch.randint(len(others), (1,)).item()]
                hinges.append(float(d[a, p] - d[a, n] + margin > 0))
    return sum(hinges) / max(1, len(hinges))


# %% active: wrong
# The anchor is a point of its class, so it is its own positive as well.
def active_share(z, y, margin):
    d, same = torch.cdist(z, z).square(), y[:, None] == y
    valid = same[:, :, None] & ~same[:, None, :]
    hinge = d[:, :, None] - d[:, None, :] + margin
    return ((hinge > 0) & valid).sum().item() / max(1, valid.sum().item())


# %% active: wrong
# Distances that are not squared.
def active_share(z, y, margin):
    d, same = torch.cdist(z, z), y[:, None] == y
    positive = same & ~torch.eye(len(y), dtype=torch.bool)
    valid = positive[:, :, None] & ~same[:, None, :]
    hinge = d[:, :, None] - d[:, None, :] + margin
    return ((hinge > 0) & valid).sum().item() / max(1, valid.sum().item())


# %% active: wrong
# The mean of the loss instead of the share above zero.
def active_share(z, y, margin):
    d, same = torch.cdist(z, z).square(), y[:, None] == y
    positive = same & ~torch.eye(len(y), dtype=torch.bool)
    valid = positive[:, :, None] & ~same[:, None, :]
    hinge = (d[:, :, None] - d[:, None, :] + margin).clamp_min(0)
    return (hinge * valid).sum().item() / max(1, valid.sum().item())


# %% active: wrong
# A batch without triplets does not occur.
def active_share(z, y, margin):
    d, same = torch.cdist(z, z).square(), y[:, None] == y
    positive = same & ~torch.eye(len(y), dtype=torch.bool)
    valid = positive[:, :, None] & ~same[:, None, :]
    hinge = d[:, :, None] - d[:, None, :] + margin
    return ((hinge > 0) & valid).sum().item() / valid.sum().item()


# %% active: hidden
# The points of a class stand together in the batch.
def active_share(z, y, margin):
    parts = z.split(y.unique_consecutive(return_counts=True)[1].tolist())
    active, every = 0, 0
    for i, own in enumerate(parts):
        rest = torch.cat(
            [part for j, part in enumerate(parts) if j != i] or [z[:0]]
        )
        near = (
            (own[:, None] - own)
            .square()
            .sum(2)[~torch.eye(len(own), dtype=torch.bool)]
        )
        far = (
            (own[:, None] - rest).square().sum(2).repeat_interleave(len(own) - 1, 0)
        )
        active += (near[:, None] - far + margin > 0).sum().item()
        every += far.numel()
    return active / max(1, every)


# %% active: hidden
# A hinge of exactly zero counts, too.
def active_share(z, y, margin):
    d, same = (z[:, None] - z).square().sum(2), y[:, None] == y
    positive = same & ~torch.eye(len(y), dtype=torch.bool)
    valid = positive[:, :, None] & ~same[:, None, :]
    hinge = d[:, :, None] - d[:, None, :] + margin
    return ((hinge >= 0) & valid).sum().item() / max(1, valid.sum().item())


# %% direction: right
# Class by class; a list of tensors. The length of a point changes no decision, so it stays.
def nearest_direction(z, oracles, y, classes):
    unit = F.normalize(oracles)
    cosines = torch.stack([(z @ unit[y == c].T).mean(1) for c in range(classes)])
    return list(cosines.argmax(0))


# %% direction: right
# In NumPy, with sums by class.
def nearest_direction(z, oracles, y, classes):
    z, o, y = z.numpy(), oracles.numpy(), y.numpy()
    unit = o / np.linalg.norm(o, axis=1, keepdims=True)
    return np.stack([z @ unit[y == c].mean(0) for c in range(classes)], 1).argmax(1)


# %% direction: fault
# The scalar product is the angle; a long oracle pulls harder.
def nearest_direction(z, oracles, y, classes):
    own = F.one_hot(y, classes).float()
    return (F.normalize(z) @ oracles.T @ (own / own.sum(0))).argmax(1)


# %% direction: fault
# The nearest class by distance, as everywhere in the chapter.
def nearest_direction(z, oracles, y, classes):
    own = F.one_hot(y, classes).float()
    return (torch.cdist(z, oracles) @ (own / own.sum(0))).argmin(1)


# %% direction: wrong
# The sum of the cosines: a class with more oracles has more.
def nearest_direction(z, oracles, y, classes):
    own = F.one_hot(y, classes).float()
    return (F.normalize(z) @ F.normalize(oracles).T @ own).argmax(1)


# %% direction: wrong
# The class of the one best oracle.
def nearest_direction(z, oracles, y, classes):
    return y[(F.normalize(z) @ F.normalize(oracles).T).argmax(1)]


# %% direction: wrong
# The place of the best oracle, not its class.
def nearest_direction(z, oracles, y, classes):
    return (F.normalize(z) @ F.normalize(oracles).T).argmax(1)


# %% direction: wrong
# The cosine with the mean direction, which is made a unit vector first.
def nearest_direction(z, oracles, y, classes):
    own = F.one_hot(y, classes).float()
    return (F.normalize(z) @ F.normalize(own.T @ F.normalize(oracles)).T).argmax(1)


# %% direction: wrong
# Every class has the same number of oracles, one after the other.
def nearest_direction(z, oracles, y, classes):
    return (
        (F.normalize(z) @ F.normalize(oracles).T)
        .view(len(z), -1, classes)
        .mean(1)
        .argmax(1)
    )


# %% direction: hidden
# There are three classes.
def nearest_direction(z, oracles, y, classes):
    unit = F.normalize(oracles)
    return torch.stack([(z @ unit[y == c].T).mean(1) for c in range(3)], 1).argmax(
        1
    )


# %% lost: right
# Whole numbers are numbers, too.
def lost_case():
    own, others = [[9, 0], [1, 0], [0, 1]], [[0, 8]] * 3 + [[-8, 0]] * 3
    return torch.tensor(own + others), torch.arange(9) // 3


# %% lost: right
# Lists, with the classes in turn.
def lost_case():
    turns = [
        ([5, 5], 0),
        ([0, 4], 1),
        ([4, 0], 2),
        ([0, 0], 0),
        ([0, -9], 1),
        ([9, 0], 2),
    ]
    turns += [([0, 0], 0), ([-9, 0], 1), ([0, 9], 2)]
    spots, labels = zip(*turns, strict=True)
    return list(spots), list(labels)


# %% lost: right
# NumPy arrays.
def lost_case():
    spots = np.full((9, 2), 10.0)
    spots[:3] = [[12, 12], [0.5, 0], [0, 0.5]]
    return spots, np.repeat([0, 1, 2], 3)


# %% lost: fault
# An outlier, but not the oracle that step 1 looks at.
def lost_case():
    own, others = (
        [[0.1, 0.0], [6.0, 0.0], [0.0, 0.1]],
        [[0.0, 5.0]] * 3 + [[-5.0, 0.0]] * 3,
    )
    return torch.tensor(own + others), torch.arange(3).repeat_interleave(3)


# %% lost: fault
# Class 0 is lost because it is far in every way: the exact rule loses it, too.
def lost_case():
    own, others = [[6.0, 0.0]] * 3, [[0.0, 5.0]] * 3 + [[-5.0, 0.0]] * 3
    return torch.tensor(own + others), torch.arange(3).repeat_interleave(3)


# %% lost: wrong
# Class 0 is nearest, but not by half.
def lost_case():
    own, others = (
        [[6.0, 0.0], [3.0, 0.0], [0.0, 3.0]],
        [[0.0, 5.0]] * 3 + [[-5.0, 0.0]] * 3,
    )
    return torch.tensor(own + others), torch.arange(3).repeat_interleave(3)


# %% lost: wrong
# One oracle of class 0 and many of the others.
def lost_case():
    own, others = [[6.0, 0.0]], [[0.0, 5.0]] * 4 + [[-5.0, 0.0]] * 4
    return torch.tensor(own + others), torch.tensor([0] + [1] * 4 + [2] * 4)


# %% lost: wrong
# Oracles are images of three numbers each.
def lost_case():
    return torch.zeros(9, 3), torch.arange(9) // 3


# %% lost: wrong
# Infinitely far is surely twice as far.
def lost_case():
    own, far = [[6.0, 0.0], [0.1, 0.0], [0.0, 0.1]], float("inf")
    others = [[0.0, 1.0], [far, 0.0], [far, 0.0]] * 2
    return torch.tensor(own + others), torch.arange(3).repeat_interleave(3)


# %% lost: wrong
# The oracles alone; the labels follow from their order.
def lost_case():
    return torch.tensor(
        [[6.0, 0.0], [0.1, 0.0], [0.0, 0.1]] + [[0.0, 5.0]] * 3 + [[-5.0, 0.0]] * 3
    )


# %% lost: hidden
# Any of its three oracles may be the outlier, so it is drawn: a case that fails two times of three.
def lost_case():
    own = torch.tensor([[0.1, 0.0], [0.0, 0.1], [6.0, 0.0]])[torch.randperm(3)]
    others = torch.tensor([[0.0, 5.0]] * 3 + [[-5.0, 0.0]] * 3)
    return torch.cat([own, others]), torch.arange(3).repeat_interleave(3)
