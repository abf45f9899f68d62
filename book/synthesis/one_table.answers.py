"""Answers to the exercise of one_table.ipynb, right and wrong; book/EXERCISES.md says how such a file is written."""

import torch


# %% fair_worst_case: right
# Image by image and radius by radius.
def fair_worst_case(stands, eps):
    found = []
    for radius in eps.tolist():
        count = 0
        for i in range(stands.shape[2]):
            left = True
            for r, tried in enumerate(eps.tolist()):
                if tried <= radius and not bool(stands[r, :, i].all()):
                    left = False
            count += left
        found.append(count / stands.shape[2])
    return found


# %% fair_worst_case: right
# In order of the radius a product that only falls, and back into the order of eps.
def fair_worst_case(stands, eps):
    order = eps.argsort()
    every = stands.all(1)[order].int().cumprod(0).double()
    found = torch.empty(len(eps), dtype=torch.float64)
    found[order] = every.mean(1)
    return found


# %% fair_worst_case: fault
# The smallest of the attacks' shares: a minimum for the table, not for each image.
def fair_worst_case(stands, eps):
    return stands.float().mean(2).amin(1)


# %% fair_worst_case: wrong
# Each radius by itself: what broke at a smaller one is forgotten.
def fair_worst_case(stands, eps):
    return stands.all(1).float().mean(1)


# %% fair_worst_case: wrong
# All radii at once: a large one counts against a small one.
def fair_worst_case(stands, eps):
    return stands.all(1).all(0).float().mean().expand(len(eps))


# %% fair_worst_case: wrong
# The radii stand from the smallest to the largest.
def fair_worst_case(stands, eps):
    return stands.all(1).int().cumprod(0).float().mean(1)


# %% fair_worst_case: wrong
# Smaller radii only, not this one.
def fair_worst_case(stands, eps):
    every = stands.all(1)
    inside = eps[None] < eps[:, None]
    return torch.stack([every[row].all(0).float().mean() for row in inside])


# %% fair_worst_case: hidden
# The radii stand in the order of the example, whatever eps says.
def fair_worst_case(stands, eps):
    order = [k for k in (1, 0, 2, 3, 4) if k < len(eps)]
    found = torch.empty(len(eps))
    found[order] = stands.all(1)[order].int().cumprod(0).float().mean(1)
    return found


# %% fair_worst_case: wrong
# The radii stand from the largest to the smallest.
def fair_worst_case(stands, eps):
    return stands.all(1).int().flip(0).cumprod(0).flip(0).float().mean(1)
