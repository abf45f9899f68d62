"""Answers to the exercises of adversarial_examples.ipynb, right and wrong; book/EXERCISES.md says how it is written."""

import numpy as np
import torch


# %% one_step: right
# In NumPy, with the sign by comparison.
def one_step(x, g, eps):
    g = g.numpy()
    sign = (g > 0).astype(np.float32) - (g < 0)
    return np.clip(x.numpy() + eps * sign, 0, 1)


# %% one_step: right
# Three cases, pixel by pixel.
def one_step(x, g, eps):
    up, down = (x + eps).clamp_max(1), (x - eps).clamp_min(0)
    return torch.where(g > 0, up, torch.where(g < 0, down, x))


# %% one_step: fault
# The gradient itself is the direction: pixels with a small gradient hardly move.
def one_step(x, g, eps):
    return (x + eps * g).clamp(0, 1)


# %% one_step: fault
# Pixels may leave [0, 1]; no image has them.
def one_step(x, g, eps):
    return x + eps * g.sign()


# %% one_step: wrong
# Down the gradient, as in training: the loss falls.
def one_step(x, g, eps):
    return (x - eps * g.sign()).clamp(0, 1)


# %% one_step: wrong
# The step has length eps in L2.
def one_step(x, g, eps):
    length = g.flatten(1).norm(dim=1).reshape(-1, 1, 1, 1)
    return (x + eps * g / length).clamp(0, 1)


# %% one_step: wrong
# A pixel without a gradient is made darker.
def one_step(x, g, eps):
    return (x + eps * torch.where(g > 0, 1.0, -1.0)).clamp(0, 1)


# %% one_step: hidden
# Divided by the largest gradient of the image and rounded away from 0: an image without one is 0 / 0.
def one_step(x, g, eps):
    largest = g.abs().flatten(1).amax(1).reshape(-1, 1, 1, 1)
    share = g / largest
    return (x + eps * torch.where(share > 0, share.ceil(), share.floor())).clamp(
        0, 1
    )


# %% allowed: right
# By the ball's own projection: an image in it is where the projection puts it.
def allowed(x, x_adv, eps):
    back = torch.minimum(torch.maximum(x_adv, x - eps), x + eps).clamp(0, 1)
    return ((x_adv - back).abs().flatten(1).amax(1) <= 1e-6).tolist()


# %% allowed: right
# Image by image in NumPy; a comparison with NaN is false.
def allowed(x, x_adv, eps):
    found = []
    for a, b in zip(x.numpy(), x_adv.numpy(), strict=True):
        far = np.abs(b - a).max()
        found.append(bool(far <= eps + 1e-6 and b.min() >= 0 and b.max() <= 1))
    return np.array(found)


# %% allowed: fault
# The mean change is small: one pixel may go anywhere.
def allowed(x, x_adv, eps):
    near = (x_adv - x).abs().flatten(1).mean(1) <= eps + 1e-6
    return near & ((x_adv >= 0) & (x_adv <= 1)).flatten(1).all(1)


# %% allowed: fault
# The length of the change, L2: all pixels together may not move by eps.
def allowed(x, x_adv, eps):
    near = (x_adv - x).flatten(1).norm(dim=1) <= eps + 1e-6
    return near & ((x_adv >= 0) & (x_adv <= 1)).flatten(1).all(1)


# %% allowed: wrong
# The range of a pixel is forgotten.
def allowed(x, x_adv, eps):
    return ((x_adv - x).abs() <= eps + 1e-6).flatten(1).all(1)


# %% allowed: wrong
# What is not too far is near: NaN is not too far.
def allowed(x, x_adv, eps):
    far = ((x_adv - x).abs() > eps + 1e-6) | (x_adv < 0) | (x_adv > 1)
    return ~far.flatten(1).any(1)


# %% allowed: wrong
# One verdict for all images together.
def allowed(x, x_adv, eps):
    fine = bool(((x_adv - x).abs() <= eps + 1e-6).all())
    return torch.full((len(x),), fine)


# %% allowed: hidden
# Nothing is brighter than white; that something may be darker than black is forgotten.
def allowed(x, x_adv, eps):
    near = (x_adv - x).abs() <= eps + 1e-6
    return (near & (x_adv <= 1)).flatten(1).all(1)
