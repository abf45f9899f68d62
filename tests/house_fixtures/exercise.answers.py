"""Answers to the exercise of exercise.ipynb, right and wrong; book/EXERCISES.md says how such a file is written."""

import numpy as np
import torch


# %% fgsm_step: right
# The box as a minimum and a maximum.
def fgsm_step(x, g, eps):
    return torch.minimum(torch.maximum(x + eps * torch.sign(g), torch.zeros(())), torch.ones(()))


# %% fgsm_step: right
# In NumPy; an array is as good as a tensor.
def fgsm_step(x, g, eps):
    return np.clip(x.numpy() + eps * np.sign(g.numpy()), 0, 1)


# %% fgsm_step: fault
# The gradient says how far to go, so it is used as it is, without its sign.
def fgsm_step(x, g, eps):
    return (x + eps * g).clamp(0, 1)


# %% fgsm_step: wrong
# A loss is something to go down on.
def fgsm_step(x, g, eps):
    return (x - eps * g.sign()).clamp(0, 1)


# %% fgsm_step: wrong
# Where the gradient is not above zero it must be below.
def fgsm_step(x, g, eps):
    return (x + torch.where(g > 0, eps, -eps)).clamp(0, 1)


# %% fgsm_step: hidden
# Adding eps is the whole step; nothing is known of a box.
def fgsm_step(x, g, eps):
    return x + eps * g.sign()
