"""Answers to the exercises of madnet.ipynb, right and wrong; book/EXERCISES.md says how such a file is written."""

import numpy as np
import torch


# %% jacobian_norms: right
# One image at a time, with the function that makes a whole Jacobian.
def jacobian_norms(of, x):
    whole = torch.autograd.functional.jacobian
    return torch.stack(
        [whole(of, row[None], create_graph=True).norm() for row in x]
    )


# %% jacobian_norms: right
# All rows of the identity go back in one call.
def jacobian_norms(of, x):
    x = x.clone().requires_grad_()
    z = of(x)
    rows = torch.eye(z.shape[1])[:, None].expand(-1, *z.shape)
    (g,) = torch.autograd.grad(z, x, rows, create_graph=True, is_grads_batched=True)
    return g.flatten(2).norm(dim=(0, 2))


def summed(of, x):
    x = x.clone().requires_grad_()
    p = of(x).softmax(1)
    (g,) = torch.autograd.grad(p, x, torch.ones_like(p))
    return [row.norm().item() for row in g]


# %% jacobian_norms: fault
# The released term: the gradient of the summed softmax, which is zero.
def jacobian_norms(of, x):
    x = x.detach().requires_grad_()
    (g,) = torch.autograd.grad(of(x).softmax(1).sum(), x, create_graph=True)
    return g.flatten(1).norm(dim=1)


# %% jacobian_norms: fault
# The gradient of a vector is that of its sum, softmax or not.
def jacobian_norms(of, x):
    x = x.detach().requires_grad_()
    (g,) = torch.autograd.grad(of(x).sum(), x, create_graph=True)
    return g.flatten(1).norm(dim=1)


# %% jacobian_norms: fault
# Without create_graph the number is right, and training with it changes no weight.
def jacobian_norms(of, x):
    x = x.detach().requires_grad_()
    square = 0
    z = of(x)
    for j in range(z.shape[1]):
        (g,) = torch.autograd.grad(z[:, j].sum(), x, retain_graph=True)
        square = square + g.flatten(1).square().sum(1)
    return square.sqrt()


# %% jacobian_norms: wrong
# The squared norm.
def jacobian_norms(of, x):
    x = x.detach().requires_grad_()
    square = 0
    for column in of(x).T:
        (g,) = torch.autograd.grad(column.sum(), x, create_graph=True)
        square = square + g.flatten(1).square().sum(1)
    return square


# %% jacobian_norms: wrong
# The norms of the rows are added, not their squares.
def jacobian_norms(of, x):
    x = x.detach().requires_grad_()
    total = 0
    for column in of(x).T:
        (g,) = torch.autograd.grad(column.sum(), x, create_graph=True)
        total = total + g.flatten(1).norm(dim=1)
    return total


# %% jacobian_norms: wrong
# One norm for the whole batch.
def jacobian_norms(of, x):
    return torch.autograd.functional.jacobian(of, x, create_graph=True).norm()


# %% jacobian_norms: wrong
# The sum is taken of the outputs themselves, where the released code has their softmax.
def summed(of, x):
    x = x.detach().requires_grad_()
    (g,) = torch.autograd.grad(of(x).sum(), x)
    return g.flatten(1).norm(dim=1)


# %% jacobian_norms: hidden
# Three outputs, as in the check.
def jacobian_norms(of, x):
    x = x.detach().requires_grad_()
    z, square = of(x), 0
    for j in range(min(3, z.shape[1])):
        (g,) = torch.autograd.grad(z[:, j].sum(), x, create_graph=True)
        square = square + g.flatten(1).square().sum(1)
    return square.sqrt()


# %% bounds: right
# One image at a time, in NumPy.
def bounds(z, y, norms):
    z, y = z.numpy(), y.numpy()
    eta = [np.linalg.norm(z[y != y[i]] - z[i], axis=1).min() for i in range(len(z))]
    return np.array(eta) / norms.numpy()


def of_the_set(z, y, norms):
    return (bounds(z, y, norms) * norms.numpy()).min() / norms.numpy()


# %% bounds: right
# All differences at once; images of one class are moved out of the way.
def bounds(z, y, norms):
    apart = (z[:, None] - z[None]).square().sum(2).sqrt()
    return (apart + 1e9 * (y[:, None] == y[None])).min(1).values / norms


# %% bounds: fault
# The margin alone, which is what the chapter warns of.
def bounds(z, y, norms):
    return torch.cdist(z, z).masked_fill(y[:, None] == y, torch.inf).amin(1)


# %% bounds: fault
# arg min, as printed: which image it is, and not how far.
def bounds(z, y, norms):
    apart = torch.cdist(z, z).masked_fill(y[:, None] == y, torch.inf)
    return apart.argmin(1) / norms


# %% bounds: wrong
# The nearest of all images, also of the same class.
def bounds(z, y, norms):
    apart = torch.cdist(z, z).fill_diagonal_(torch.inf)
    return apart.amin(1) / norms


# %% bounds: wrong
# The printed reading in both functions.
def bounds(z, y, norms):
    return torch.cdist(z, z).masked_fill(y[:, None] == y, torch.inf).min() / norms


# %% bounds: wrong
# The distance to the nearest mean of another class.
def bounds(z, y, norms):
    means = torch.stack([z[y == c].mean(0) for c in range(int(y.max()) + 1)])
    apart = torch.cdist(z, means).scatter(1, y[:, None], torch.inf)
    return apart.amin(1) / norms


# %% bounds: wrong
# The least bound of all in place of the least margin.
def of_the_set(z, y, norms):
    apart = torch.cdist(z, z).masked_fill(y[:, None] == y, torch.inf)
    return (apart.amin(1) / norms).min().expand(len(z))


# %% bounds: hidden
# Only the first two numbers of the embedding count.
def bounds(z, y, norms):
    few = z[:, :2]
    return (
        torch.cdist(few, few).masked_fill(y[:, None] == y, torch.inf).amin(1)
        / norms
    )


# %% worst_case: right
# Counted in Python.
def worst_case(clean, right):
    rows = zip(clean.tolist(), right.T.tolist(), strict=True)
    kept = sum(c and all(r) for c, r in rows)
    return kept / len(clean), kept / sum(clean.tolist())


# %% worst_case: right
# An image is lost if it is misread once.
def worst_case(clean, right):
    lost = (~clean) | (~right).any(0)
    return 1 - lost.double().mean(), (~lost).sum() / clean.sum()


# %% worst_case: fault
# The attack with the least share is the worst case.
def worst_case(clean, right):
    least = (clean & right).float().mean(1).min()
    return least, least / clean.float().mean()


# %% worst_case: fault
# Only images that were right when clean count, in both numbers.
def worst_case(clean, right):
    share = right.all(0)[clean].float().mean()
    return share, share


# %% worst_case: fault
# The mean over the attacks.
def worst_case(clean, right):
    kept = clean & right
    return kept.float().mean(), kept[:, clean].float().mean()


# %% worst_case: wrong
# An image is right if some attack leaves it.
def worst_case(clean, right):
    kept = clean & right.any(0)
    return kept.float().mean(), kept[clean].float().mean()


# %% worst_case: wrong
# Images that were misread when clean count as right if the attacks leave them.
def worst_case(clean, right):
    kept = right.all(0)
    return kept.float().mean(), kept[clean].float().mean()


# %% worst_case: hidden
# The first two attacks only.
def worst_case(clean, right):
    kept = clean & right[0] & right[-1]
    return kept.float().mean(), kept[clean].float().mean()
