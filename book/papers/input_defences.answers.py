"""Answers to the exercises of input_defences.ipynb, right and wrong; book/EXERCISES.md says how such a file is written."""

import torch
import torch.nn.functional as F


# %% bits: right
# Bit k is 1 where the pixel reaches k / levels, and bit 0 always.
def bits(x, levels):
    edges = torch.arange(levels) / levels
    return (x.unsqueeze(-1) >= edges).float()


# %% bits: right
# A loop over the levels, and one bit for each.
def bits(x, levels):
    planes = [(torch.floor(levels * x) >= k).float() for k in range(levels)]
    return torch.stack(planes, -1)


# %% bits: fault
# One bit for the level, as in a one-hot code: a small step then moves two bits however large it is.
def bits(x, levels):
    level = (levels * x).floor().clamp(max=levels - 1).long()
    return F.one_hot(level, levels).float()


# %% bits: wrong
# A pixel has to be above the edge, so that black has no bit at all.
def bits(x, levels):
    return (x[..., None] > torch.arange(levels) / levels).float()


# %% bits: wrong
# The nearest level, in the place of the one that the pixel lies in.
def bits(x, levels):
    level = (levels * x).round().clamp(max=levels - 1)
    return (torch.arange(levels) <= level[..., None]).float()


# %% bits: wrong
# The substitute of BPDA, which has a slope and is no code.
def bits(x, levels):
    return (levels * x[..., None] - torch.arange(levels) + 1).clamp(0, 1)


# %% bits: hidden
# Written for a row of pixels, and for no image.
def bits(x, levels):
    level = (levels * x).floor().clamp(max=levels - 1)
    return (torch.arange(levels)[None] <= level.reshape(-1)[:, None]).float()


# %% mean_gradient: right
# Sums in a loop, and divides once.
def mean_gradient(model, x, y, draws):
    x = x.clone().requires_grad_(True)
    total = 0
    for _ in range(draws):
        total = total + model(x)
    F.cross_entropy(total / draws, y, reduction="sum").backward()
    return x.grad


# %% mean_gradient: right
# The cross-entropy written out, and every draw with its share.
def mean_gradient(model, x, y, draws):
    x = x.detach().clone().requires_grad_(True)
    logits = sum(model(x) / draws for _ in range(draws))
    loss = -logits.log_softmax(1)[torch.arange(len(y)), y].sum()
    return torch.autograd.grad(loss, x)[0]


# %% mean_gradient: fault
# One draw: its gradient belongs to one view.
def mean_gradient(model, x, y, draws):
    x = x.detach().requires_grad_(True)
    return torch.autograd.grad(F.cross_entropy(model(x), y, reduction="sum"), x)[0]


# %% mean_gradient: wrong
# One draw, counted several times.
def mean_gradient(model, x, y, draws):
    x = x.detach().requires_grad_(True)
    logits = torch.stack([model(x)] * draws).mean(0)
    return torch.autograd.grad(F.cross_entropy(logits, y, reduction="sum"), x)[0]


# %% mean_gradient: wrong
# The mean of the losses, which is another number than the loss of the mean.
def mean_gradient(model, x, y, draws):
    x = x.detach().requires_grad_(True)
    losses = [F.cross_entropy(model(x), y, reduction="sum") for _ in range(draws)]
    return torch.autograd.grad(sum(losses) / draws, x)[0]


# %% mean_gradient: wrong
# The mean of the signs, in which a draw without much to say counts like any other.
def mean_gradient(model, x, y, draws):
    x, found = x.detach().requires_grad_(True), 0
    for _ in range(draws):
        loss = F.cross_entropy(model(x), y, reduction="sum")
        found = found + torch.autograd.grad(loss, x)[0].sign() / draws
    return found


# %% mean_gradient: hidden
# Always four draws, as in the check.
def mean_gradient(model, x, y, draws):
    x = x.detach().requires_grad_(True)
    logits = torch.stack([model(x) for _ in range(4)]).mean(0)
    return torch.autograd.grad(F.cross_entropy(logits, y, reduction="sum"), x)[0]


# %% carried_over: right
# The change first, cut to the ball, and then to what pixels can be.
def carried_over(x, made, near, eps):
    change = (made - near).clamp(-eps, eps)
    return (x + change).clamp(0, 1)


# %% carried_over: right
# With minimum and maximum.
def carried_over(x, made, near, eps):
    low, high = torch.clamp(x - eps, min=0), torch.clamp(x + eps, max=1)
    return torch.minimum(torch.maximum(x + made - near, low), high)


# %% carried_over: fault
# The generator's image itself: misread, and far outside of the ball, as an attack that no threat model allows.
def carried_over(x, made, near, eps):
    return made


# %% carried_over: wrong
# The generator's image put into the ball: what the generator misses of x is lost.
def carried_over(x, made, near, eps):
    return made.clamp(x - eps, x + eps).clamp(0, 1)


# %% carried_over: wrong
# Without the ball.
def carried_over(x, made, near, eps):
    return (x + made - near).clamp(0, 1)


# %% carried_over: wrong
# The other way round.
def carried_over(x, made, near, eps):
    return (x + near - made).clamp(x - eps, x + eps).clamp(0, 1)


# %% carried_over: wrong
# Pixels may leave [0, 1].
def carried_over(x, made, near, eps):
    return x + (made - near).clamp(-eps, eps)


# %% carried_over: hidden
# The radius of the digits, whatever was asked.
def carried_over(x, made, near, eps):
    return (x + (made - near).clamp(-0.3, 0.3)).clamp(0, 1)
