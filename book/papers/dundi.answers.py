"""Answers to the exercises of dundi.ipynb, right and wrong; book/EXERCISES.md says how such a file is written."""

import numpy as np
import torch


# %% two_step: right
# One image at a time, one class at a time.
def two_step(z, oracles, m, keep):
    found = []
    for point in z:
        far = [[(point - o).norm().item() for o in own] for own in oracles]
        first = sorted(range(len(far)), key=lambda c: sum(far[c][:m]))[:keep]
        found.append(min(first, key=lambda c: sum(far[c])))
    return found


# %% two_step: right
# Classes that step 1 drops are infinitely far in step 2.
def two_step(z, oracles, m, keep):
    far = (z[:, None, None] - oracles).norm(dim=3)
    first, second = far[:, :, :m].mean(2), far.mean(2)
    last = first.kthvalue(keep, dim=1, keepdim=True).values
    return torch.where(first <= last, second, torch.inf).argmin(1)


# %% two_step: fault
# "Similarity" is large where images are alike, so step 2 takes the largest, as printed.
def two_step(z, oracles, m, keep):
    far = (z[:, None, None] - oracles).norm(dim=3)
    kept = far[:, :, :m].mean(2).argsort(1)[:, :keep]
    return kept.gather(1, far.mean(2).gather(1, kept).argmax(1, keepdim=True))[:, 0]


# %% two_step: fault
# The most similar are the farthest, in step 1 as well.
def two_step(z, oracles, m, keep):
    far = (z[:, None, None] - oracles).norm(dim=3)
    kept = far[:, :, :m].mean(2).argsort(1, descending=True)[:, :keep]
    return kept.gather(1, far.mean(2).gather(1, kept).argmin(1, keepdim=True))[:, 0]


# %% two_step: wrong
# Step 1 only saves time, so the nearest class by all oracles is the answer.
def two_step(z, oracles, m, keep):
    return (z[:, None, None] - oracles).norm(dim=3).mean(2).argmin(1)


# %% two_step: wrong
# The place among the kept classes is taken for the class.
def two_step(z, oracles, m, keep):
    far = (z[:, None, None] - oracles).norm(dim=3)
    kept = far[:, :, :m].mean(2).argsort(1)[:, :keep]
    return far.mean(2).gather(1, kept).argmin(1)


# %% two_step: wrong
# One list of kept classes serves the whole batch.
def two_step(z, oracles, m, keep):
    far = (z[:, None, None] - oracles).norm(dim=3)
    kept = far[:, :, :m].mean((0, 2)).argsort()[:keep]
    return kept[far.mean(2)[:, kept].argmin(1)]


# %% two_step: wrong
# The answer is a column, one row for each image.
def two_step(z, oracles, m, keep):
    far = (z[:, None, None] - oracles).norm(dim=3)
    kept = far[:, :, :m].mean(2).argsort(1)[:, :keep]
    return kept.gather(1, far.mean(2).gather(1, kept).argmin(1, keepdim=True))


# %% two_step: wrong
# The oracles are (k, n', d), so z can be taken from them as it is.
def two_step(z, oracles, m, keep):
    return (z - oracles).norm(dim=2).mean(1).argmin(0)


# %% two_step: wrong
# Literal means: the nearest class, said in other words.
def literal(z, oracles):
    return (z[:, None, None] - oracles).norm(dim=3).sum(2).argmin(1)


# %% two_step: wrong
# A class is as near as the nearest of its m oracles.
def two_step(z, oracles, m, keep):
    far = (z[:, None, None] - oracles).norm(dim=3)
    kept = far[:, :, :m].amin(2).argsort(1)[:, :keep]
    return kept.gather(1, far.mean(2).gather(1, kept).argmin(1, keepdim=True))[:, 0]


# %% two_step: wrong
# The mean of the distances is taken for the distance to the mean.
def two_step(z, oracles, m, keep):
    far = (z[:, None, None] - oracles).norm(dim=3)
    kept = (z[:, None] - oracles[:, :m].mean(1)).norm(dim=2).argsort(1)[:, :keep]
    return kept.gather(1, far.mean(2).gather(1, kept).argmin(1, keepdim=True))[:, 0]


# %% two_step: wrong
# "The first oracles" are the first one.
def two_step(z, oracles, m, keep):
    far = (z[:, None, None] - oracles).norm(dim=3)
    kept = far[:, :, 0].argsort(1)[:, :keep]
    return kept.gather(1, far.mean(2).gather(1, kept).argmin(1, keepdim=True))[:, 0]


# %% two_step: hidden
# Two oracles are enough for step 1, so a larger m changes nothing.
def two_step(z, oracles, m, keep):
    far = (z[:, None, None] - oracles).norm(dim=3)
    kept = far[:, :, : min(m, 2)].mean(2).argsort(1)[:, :keep]
    return kept.gather(1, far.mean(2).gather(1, kept).argmin(1, keepdim=True))[:, 0]


# %% margin_of_distances: right
# The two nearest classes are enough: the own one, if it is the nearest, has the second for its rival.
def distance_margin(far, y):
    two = far.topk(2, largest=False)
    first, second = two.values.unbind(1)
    own = far[torch.arange(len(y)), y]
    return own - torch.where(two.indices[:, 0] == y, second, first)


# %% margin_of_distances: right
# Row by row; a list of numbers that remember their gradients.
def distance_margin(far, y):
    return [
        row[t] - torch.cat([row[:t], row[t + 1 :]]).min()
        for row, t in zip(far, y, strict=True)
    ]


# %% margin_of_distances: fault
# The margin is the log-ratio of the softmax probabilities of -D; at distances of hundreds they are zero.
def distance_margin(far, y):
    p = (-far).softmax(1)
    own = p.gather(1, y[:, None])[:, 0]
    return p.scatter(1, y[:, None], 0).amax(1).log() - own.log()


# %% margin_of_distances: fault
# What PGD climbs is a loss, and the loss is cross-entropy.
def distance_margin(far, y):
    return torch.nn.functional.cross_entropy(-far, y, reduction="none")


# %% margin_of_distances: wrong
# The least of all distances, the own one included.
def distance_margin(far, y):
    return far.gather(1, y[:, None])[:, 0] - far.amin(1)


# %% margin_of_distances: wrong
# The margin of a classifier is positive where it is right.
def distance_margin(far, y):
    own = far.gather(1, y[:, None])[:, 0]
    return far.scatter(1, y[:, None], torch.inf).amin(1) - own


# %% margin_of_distances: wrong
# The rival is every other class, on average.
def distance_margin(far, y):
    own = far.gather(1, y[:, None])[:, 0]
    return own - (far.sum(1) - own) / (far.shape[1] - 1)


# %% margin_of_distances: wrong
# Numbers are numbers: out of the graph, so that NumPy can sort them.
def distance_margin(far, y):
    rows = far.detach().numpy()
    return [
        row[t] - np.delete(row, t).min()
        for row, t in zip(rows, y.tolist(), strict=True)
    ]


# %% margin_of_distances: wrong
# The own distance is struck out in place; PyTorch does not allow that for a leaf of the graph.
def distance_margin(far, y):
    own = far[torch.arange(len(y)), y].clone()
    far[torch.arange(len(y)), y] = torch.inf
    return own - far.amin(1)


# %% margin_of_distances: hidden
# Ten thousand is more than any distance.
def distance_margin(far, y):
    own = far.gather(1, y[:, None])[:, 0]
    return own - far.scatter(1, y[:, None], 10_000.0).amin(1)


# %% rates: right
# Count, and divide where there is something to divide by.
def rates(said, y, fooled):
    right = [a == b for a, b in zip(said.tolist(), y.tolist(), strict=True)]
    some = [r for r, f in zip(right, fooled.tolist(), strict=True) if f]
    return sum(right) / len(right), sum(some) / len(some) if some else float("nan")


# %% rates: right
# Two quotients of counts; 0 / 0 of tensors is nan by itself.
def rates(said, y, fooled):
    right = said == y
    return [right.sum() / len(y), (right & fooled).sum() / fooled.sum()]


# %% rates: fault
# The share of all images is the rate; who was fooled does not matter.
def rates(said, y, fooled):
    share = (said == y).float().mean()
    return share, share if fooled.any() else torch.tensor(torch.nan)


# %% rates: fault
# Right and fooled its source, of all images: the first table's kindness in the other direction.
def rates(said, y, fooled):
    right = said == y
    return right.float().mean(), (right & fooled).float().mean()


# %% rates: wrong
# Of no image, none is right: 0.
def rates(said, y, fooled):
    right = (said == y).float()
    return right.mean().item(), right[fooled].mean().item() if fooled.any() else 0.0


# %% rates: wrong
# Success is the attack's success.
def rates(said, y, fooled):
    lost = (said != y).float()
    return lost.mean().item(), lost[fooled].mean().item()


# %% rates: wrong
# A rate is given in per cent.
def rates(said, y, fooled):
    right = 100 * (said == y).float()
    return right.mean().item(), right[fooled].mean().item()


# %% rates: wrong
# A share of no image does not occur.
def rates(said, y, fooled):
    right = [
        a == b
        for a, b, f in zip(said.tolist(), y.tolist(), fooled.tolist(), strict=True)
        if f
    ]
    return (said == y).float().mean().item(), sum(right) / len(right)


# %% rates: wrong
# Whatever did not fool its source is read right anyway.
def rates(said, y, fooled):
    right, spared = (said == y).sum(), (~fooled).sum()
    return (right / len(y)).item(), ((right - spared) / fooled.sum()).item()


# %% rates: hidden
# If none of them is read right, there is nothing to take a share of.
def rates(said, y, fooled):
    right = said == y
    both = (right & fooled).sum().item()
    return (
        right.float().mean().item(),
        both / fooled.sum().item() if both else float("nan"),
    )
