"""Answers to the exercises of robust_representations.ipynb, right and wrong; how: book/EXERCISES.md."""

from copy import copy, deepcopy
from math import log

import torch
from torch import nn

from robustlib import chapters as chapters  # they name the networks
from robustlib.attacks import PGD as PGD
from robustlib.datasets import load
from robustlib.experiments import load_model
from robustlib.models import Classifier, StopGradient

mnist = load("mnist_5k")
# As the chapter's live one: a LeNet, trained by the paper's method.
small = load_model("rr-lenet-ours")


# %% project: right
# Cut the change, not the image.
def project(x_adv, x, eps):
    return (x + (x_adv - x).clamp(-eps, eps)).clamp(0, 1)


# %% project: right
# The two boxes as one, by minimum and maximum, in float64.
def project(x_adv, x, eps):
    low, high = (x.double() - eps).clamp_min(0), (x.double() + eps).clamp_max(1)
    return torch.minimum(torch.maximum(x_adv.double(), low), high)


# %% project: right
# The box of pixels first: the ball around a valid image cannot lead out of it.
def project(x_adv, x, eps):
    return x_adv.clamp(0, 1).clamp(x - eps, x + eps)


# %% project: fault
# The report's clip: a ball around the moved image itself.
def project(x_adv, x, eps):
    return x_adv.clamp(x_adv - eps, x_adv + eps).clamp(0, 1)


# %% project: wrong
# A ball, and nothing about valid pixels.
def project(x_adv, x, eps):
    return x_adv.clamp(x - eps, x + eps)


# %% project: wrong
# The clean image is in the ball and always valid.
def project(x_adv, x, eps):
    return x


# %% project: wrong
# Every pixel goes to the edge of the ball.
def project(x_adv, x, eps):
    return (x + eps * (x_adv - x).sign()).clamp(0, 1)


# %% project: wrong
# The ball of L2: the whole change is shortened until it fits.
def project(x_adv, x, eps):
    change = x_adv - x
    return (x + change * (eps / change.norm()).clamp_max(1)).clamp(0, 1)


# %% project: wrong
# The whole change is shortened until its largest pixel fits.
def project(x_adv, x, eps):
    change = x_adv - x
    return (x + change * (eps / change.abs().max()).clamp_max(1)).clamp(0, 1)


# %% project: wrong
# eps is 0.3 in this chapter.
def project(x_adv, x, eps):
    return x_adv.clamp(x - 0.3, x + 0.3).clamp(0, 1)


# %% project: wrong
# In place, to save memory: the caller's images change.
def project(x_adv, x, eps):
    return x_adv.clamp_(x - eps, x + eps).clamp_(0, 1)


# %% project: wrong
# One row an image: the pixels are right, their places are gone.
def project(x_adv, x, eps):
    return x_adv.clamp(x - eps, x + eps).clamp(0, 1).flatten(1)


# %% project: hidden
# A radius above 1 must be meant in grey levels.
def project(x_adv, x, eps):
    eps = eps / 255 if eps > 1 else eps
    return x_adv.clamp(x - eps, x + eps).clamp(0, 1)


# %% reach: right
# Walk it.
def reach(eps, steps, alpha):
    far = 0.0
    for _ in range(steps):
        far = min(far + alpha, eps)
    return far


def harmonic_reach(eps, steps):
    return eps * sum(1 / (i + 1) for i in range(steps))


# %% reach: right
# With tensors.
def reach(eps, steps, alpha):
    return torch.tensor(steps * alpha).clamp_max(eps)


def harmonic_reach(eps, steps):
    return (eps / torch.arange(1, steps + 1)).sum()


# %% reach: fault
# The ball has radius eps, so the attack reaches eps.
def reach(eps, steps, alpha):
    return eps


# %% reach: wrong
# So many steps of alpha; the ball is forgotten.
def reach(eps, steps, alpha):
    return steps * alpha


# %% reach: wrong
# The first step is the start.
def reach(eps, steps, alpha):
    return min(eps, (steps - 1) * alpha)


# %% reach: wrong
# The ball holds for the second question as well.
def harmonic_reach(eps, steps):
    return min(eps, sum(eps / i for i in range(1, steps + 1)))


# %% reach: wrong
# range stops one before its end.
def harmonic_reach(eps, steps):
    return sum(eps / i for i in range(1, steps))


# %% reach: wrong
# A harmonic sum is about a logarithm.
def harmonic_reach(eps, steps):
    return eps * (log(steps) + 0.5772)


# %% reach: wrong
# eps is 0.3.
def harmonic_reach(eps, steps):
    return sum(0.3 / i for i in range(1, steps + 1))


# %% reach: wrong
# The ball of this chapter, whatever eps is.
def reach(eps, steps, alpha):
    return min(0.3, steps * alpha)


# %% reach: wrong
# Three numbers read off a check.
def harmonic_reach(eps, steps):
    return {1: 0.3, 3: 0.55, 10: 0.8787}.get(steps, 0.0)


# %% reach: hidden
# The first step is always taken, also where there is none.
def harmonic_reach(eps, steps):
    return eps + sum(eps / i for i in range(2, steps + 1))


# %% blind: right
# A module around the model that multiplies its logits.
def blind(model):
    class Louder(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = deepcopy(model)

        def forward(self, x):
            return 1e4 * self.inner(x)

    return Louder()


# %% blind: right
# Two hundred more for whatever class wins; the order of the others, and their gradients, stay.
def blind(model):
    class Sure(nn.Module):
        def forward(self, x):
            logits = model(x)
            return logits + 200 * nn.functional.one_hot(
                logits.argmax(1), logits.shape[1]
            )

    return Sure()


# %% blind: right
# The body is shared, only the last layer is new.
def blind(model):
    twin = copy(model)
    twin._modules = dict(model._modules)
    twin.head = deepcopy(model.head)
    with torch.no_grad():
        for part in twin.head.parameters():
            part.mul_(1e4)
    return twin


# %% blind: fault
# A StopGradient left in: no loss at all finds a gradient.
def blind(model):
    return Classifier(model.body, nn.Sequential(StopGradient(), model.head))


# %% blind: fault
# detach by another name: the logits come from a pass without gradients.
def blind(model):
    class Frozen(nn.Module):
        def forward(self, x):
            with torch.no_grad():
                logits = model(x)
            return 1e4 * logits + 0 * x.flatten(1).sum(1, keepdim=True)

    return Frozen()


# %% blind: fault
# Large logits without a gradient, small ones with: the margin's gradient is no longer its slope.
def blind(model):
    class Cut(nn.Module):
        def forward(self, x):
            z = model(x)
            return z + (1e4 * z).detach()

    return Cut()


# %% blind: right
# Large logits in float64: 1e4 times a margin is far beyond what its exponent holds, too.
def blind(model):
    class Wide(nn.Module):
        def forward(self, x):
            return 1e4 * model(x).double()

    return Wide()


# %% blind: wrong
# Every image of the check is bright; a dark one may get no answer.
def blind(model):
    class Bright(nn.Module):
        def forward(self, x):
            bright = x.amax((1, 2, 3), keepdim=True).flatten(1) > 0.5
            return 1e4 * model(x) * bright

    return Bright()


# %% blind: wrong
# Ten times as large should do.
def blind(model):
    twin = deepcopy(model)
    twin.head.weight.data *= 10
    twin.head.bias.data *= 10
    return twin


# %% blind: wrong
# The layer is scaled where it is; the reader's own network is another one afterwards.
def blind(model):
    model.head.weight.data *= 10_000
    model.head.bias.data *= 10_000
    return model


# %% blind: wrong
# Decisions in steps: rounded logits have no gradient anywhere.
def blind(model):
    class Steps(nn.Module):
        def forward(self, x):
            return (1e4 * model(x)).round()

    return Steps()


# %% blind: wrong
# Logits shrunk towards zero have small gradients.
def blind(model):
    twin = deepcopy(model)
    twin.head.weight.data *= 1e-4
    twin.head.bias.data *= 1e-4
    return twin


# %% blind: wrong
# The model as it is looks robust enough.
def blind(model):
    return model


# %% blind: wrong
# The weights make the logits large; the bias is small anyway.
def blind(model):
    twin = deepcopy(model)
    twin.head.weight.data *= 10_000
    return twin


# %% blind: hidden
# A hundred times is enough for this network, so it is enough.
def blind(model):
    twin = deepcopy(model)
    twin.head.weight.data *= 100
    twin.head.bias.data *= 100
    return twin
