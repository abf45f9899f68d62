"""Answers to the exercises of breaking.ipynb, right and wrong; book/EXERCISES.md says how such a file is written."""

import torch

from robustlib.losses import margin


# %% evade: right
# The two aims by turns: whichever is not met yet, the margin first.
def evade(network, detector, x, y, tau, eps, steps, alpha):
    x_adv = x.clone()
    for _ in range(steps):
        now = x_adv.detach().requires_grad_()
        lead, score = margin(network(now), y), detector(now)
        aim = torch.where(lead > 0, score, lead)
        (g,) = torch.autograd.grad(aim.sum(), now)
        won = (lead > 0) & (score > tau)
        moved = torch.clamp(
            now + alpha * g.sign(),
            min=(x - eps).clamp(0),
            max=(x + eps).clamp(max=1),
        )
        x_adv = torch.where(won[:, None, None, None], now, moved).detach()
    return x_adv


# %% evade: right
# One image after the other, as an attacker with patience would.
def evade(network, detector, x, y, tau, eps, steps, alpha):
    found = []
    for i in range(len(x)):
        one, label = x[i : i + 1], y[i : i + 1]
        at = one.clone()
        for _ in range(steps):
            at = at.detach().requires_grad_()
            lead, over = margin(network(at), label), detector(at) - tau
            if lead.item() > 0 and over.item() >= 0:
                break
            worst = lead if lead.item() < over.item() else over
            (g,) = torch.autograd.grad(worst.sum(), at)
            at = torch.max(
                torch.min(at + alpha * g.sign(), one + eps), one - eps
            ).clamp(0, 1)
        found.append(at.detach())
    return torch.cat(found)


# %% evade: fault
# PGD on the margin alone, which does not know that there is a detector.
def evade(network, detector, x, y, tau, eps, steps, alpha):
    x_adv = x.clone()
    for _ in range(steps):
        x_adv = x_adv.detach().requires_grad_()
        (g,) = torch.autograd.grad(margin(network(x_adv), y).sum(), x_adv)
        x_adv = (x_adv + alpha * g.sign()).clamp(x - eps, x + eps).clamp(0, 1)
    return x_adv.detach()


# %% evade: fault
# The sum of both: whichever has the larger slope wins, and the other aim is never met.
def evade(network, detector, x, y, tau, eps, steps, alpha):
    x_adv = x.clone()
    for _ in range(steps):
        x_adv = x_adv.detach().requires_grad_()
        both = margin(network(x_adv), y) + 10 * (detector(x_adv) - tau)
        (g,) = torch.autograd.grad(both.sum(), x_adv)
        x_adv = (x_adv + alpha * g.sign()).clamp(x - eps, x + eps).clamp(0, 1)
    return x_adv.detach()


# %% evade: wrong
# Both aims, and the ball around the moved image instead of the clean one.
def evade(network, detector, x, y, tau, eps, steps, alpha):
    x_adv = x.clone()
    for _ in range(steps):
        x_adv = x_adv.detach().requires_grad_()
        both = torch.minimum(margin(network(x_adv), y), detector(x_adv) - tau)
        (g,) = torch.autograd.grad(both.sum(), x_adv)
        x_adv = (
            (x_adv + alpha * g.sign()).clamp(x_adv - eps, x_adv + eps).clamp(0, 1)
        )
    return x_adv.detach()


# %% evade: hidden
# The last iterate, whether or not an earlier one had beaten the network.
def evade(network, detector, x, y, tau, eps, steps, alpha):
    x_adv = x.clone()
    for _ in range(steps):
        x_adv = x_adv.detach().requires_grad_()
        both = torch.minimum(margin(network(x_adv), y), detector(x_adv) - tau)
        (g,) = torch.autograd.grad(both.sum(), x_adv)
        x_adv = (x_adv + alpha * g.sign()).clamp(x - eps, x + eps).clamp(0, 1)
    return x_adv.detach()


# %% convicted: right
# Each check in a line of its own.
def convicted(right, n):
    allowed = max(1.0, n / 50)
    many = right["many steps"]
    blind = min(right["noise"], right["black box"])
    return torch.tensor([
        right["doubled steps"] < many - allowed,
        right["one step"] < many - allowed,
        blind < many - allowed,
        right["whole box"] > allowed,
    ])  # fmt: skip


# %% convicted: right
# As a list, with a helper.
def convicted(right, n):
    def fewer(*names):
        return any(
            right["many steps"] - right[name] > max(1, 0.02 * n) for name in names
        )

    box = right["whole box"] > max(1, 0.02 * n)
    return [
        fewer("doubled steps"),
        fewer("one step"),
        fewer("black box", "noise"),
        box,
    ]


# %% convicted: fault
# A weaker attack that leaves more is no sign of anything: the comparison is the wrong way round.
def convicted(right, n):
    slack, many = max(1, 0.02 * n), right["many steps"]
    gaps = [right["doubled steps"] - many, right["one step"] - many]
    gaps += [max(right["black box"], right["noise"]) - many, right["whole box"]]
    return torch.tensor(gaps) > slack


# %% convicted: fault
# Every difference convicts, also that of two runs of one attack.
def convicted(right, n):
    many = right["many steps"]
    gaps = [many - right["doubled steps"], many - right["one step"]]
    gaps += [many - min(right["black box"], right["noise"]), right["whole box"]]
    return torch.tensor(gaps) > 0


# %% convicted: wrong
# Noise is forgotten: only the black box is compared.
def convicted(right, n):
    slack, many = max(1, 0.02 * n), right["many steps"]
    gaps = [
        many - right["doubled steps"],
        many - right["one step"],
        many - right["black box"],
        right["whole box"],
    ]
    return torch.tensor(gaps) > slack


# %% convicted: wrong
# Two per cent everywhere, also where that is less than one image.
def convicted(right, n):
    slack, many = 0.02 * n, right["many steps"]
    gaps = [many - right["doubled steps"], many - right["one step"]]
    gaps += [many - min(right["black box"], right["noise"]), right["whole box"]]
    return torch.tensor(gaps) > slack


# %% convicted: hidden
# Two per cent, rounded up to a whole image: of 60 images a difference of two convicts, and here it does not.
def convicted(right, n):
    slack, many = max(1, -(-n // 50)), right["many steps"]
    gaps = [many - right["doubled steps"], many - right["one step"]]
    gaps += [many - min(right["black box"], right["noise"]), right["whole box"]]
    return torch.tensor(gaps) > slack
