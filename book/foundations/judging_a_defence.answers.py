"""Answers to the exercises of judging_a_defence.ipynb, right and wrong; book/EXERCISES.md says how such a file is
written.
"""

import torch

from robustlib.attacks import PGD


# %% lying_step: right
# From the largest step downwards, and the first that lies.
def lying_step(model, x, y, eps, steps, alphas, share):
    for alpha in sorted(alphas, reverse=True):
        attack = PGD(eps, steps, alpha=alpha, random_start=False, stop_early=True)
        both = torch.stack(
            [model(x).argmax(1), model(attack(model, x, y)).argmax(1)]
        )
        if (both == y).all(0).double().mean().item() >= share:
            return alpha
    return 0.0


# %% lying_step: right
# By hand, without the library: sign steps from the clean image.
def lying_step(model, x, y, eps, steps, alphas, share):
    def stands(alpha):
        x_adv = x.clone()
        for _ in range(steps):
            x_adv.requires_grad_()
            loss = torch.nn.functional.cross_entropy(model(x_adv), y)
            (g,) = torch.autograd.grad(loss, x_adv)
            x_adv = (x_adv.detach() + alpha * g.sign()).clamp(x - eps, x + eps)
            x_adv = x_adv.clamp(0, 1)
        right = [model(images).argmax(1) == y for images in (x, x_adv)]
        return int((right[0] & right[1]).sum())

    return max([a for a in alphas if stands(a) >= share * len(x)], default=0.0)


# %% lying_step: fault
# A step is short enough if the steps together stay inside the ball; nobody is attacked.
def lying_step(model, x, y, eps, steps, alphas, share):
    return max([a for a in alphas if a * steps < eps], default=0.0)


# %% lying_step: fault
# The share of the images that are read right when clean.
def lying_step(model, x, y, eps, steps, alphas, share):
    right = model(x).argmax(1) == y
    found = [0.0]
    for a in alphas:
        x_adv = PGD(eps, steps, alpha=a, random_start=False)(model, x, y)
        if (model(x_adv).argmax(1) == y)[right].float().mean() >= share:
            found.append(a)
    return max(found)


# %% lying_step: wrong
# The smallest step lies best.
def lying_step(model, x, y, eps, steps, alphas, share):
    found = [0.0]
    for a in alphas:
        x_adv = PGD(eps, steps, alpha=a, random_start=False)(model, x, y)
        stands = (model(x).argmax(1) == y) & (model(x_adv).argmax(1) == y)
        if stands.float().mean() >= share:
            found.append(a)
    return min(found)


# %% lying_step: wrong
# The share that falls.
def lying_step(model, x, y, eps, steps, alphas, share):
    found = [0.0]
    for a in alphas:
        x_adv = PGD(eps, steps, alpha=a, random_start=False)(model, x, y)
        stands = (model(x).argmax(1) == y) & (model(x_adv).argmax(1) == y)
        if stands.float().mean() <= share:
            found.append(a)
    return max(found)


# %% lying_step: hidden
# Where no step lies, the smallest is the best that there is.
def lying_step(model, x, y, eps, steps, alphas, share):
    found = [min(alphas)]
    for a in alphas:
        x_adv = PGD(eps, steps, alpha=a, random_start=False)(model, x, y)
        stands = (model(x).argmax(1) == y) & (model(x_adv).argmax(1) == y)
        if stands.float().mean() >= share:
            found.append(a)
    return max(found)


# %% straight_through: right
# As an autograd function of its own.
def straight_through(x, levels):
    class Rounded(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return torch.floor((levels - 1) * x + 0.5) / (levels - 1)

        @staticmethod
        def backward(ctx, g):
            return g

    return Rounded.apply(x)


# %% straight_through: right
# The difference is found without a graph, and added.
def straight_through(x, levels):
    with torch.no_grad():
        change = torch.round((levels - 1) * x) / (levels - 1) - x
    return x + change


# %% straight_through: fault
# The rounding itself: its gradient is zero everywhere, which is the defence.
def straight_through(x, levels):
    return ((levels - 1) * x).round() / (levels - 1)


# %% straight_through: fault
# The identity in both directions: the attack climbs another network than the defence.
def straight_through(x, levels):
    return x * 1.0


# %% straight_through: wrong
# q levels are q steps.
def straight_through(x, levels):
    return x + ((levels * x).round() / levels - x).detach()


# %% straight_through: wrong
# Rounded down.
def straight_through(x, levels):
    return x + (((levels - 1) * x).floor() / (levels - 1) - x).detach()


# %% straight_through: wrong
# The gradient is divided a second time.
def straight_through(x, levels):
    rounded = ((levels - 1) * x).round() / (levels - 1)
    scaled = x / (levels - 1)
    return scaled + (rounded - scaled).detach()


# %% straight_through: hidden
# The five levels of the check, whatever is asked.
def straight_through(x, levels):
    return x + ((4 * x).round() / 4 - x).detach()


# %% impossible: right
# The running minimum of everything that bounds.
def impossible(fgsm, pgd, square, slack):
    rivals = torch.minimum(fgsm, square)
    before = torch.cat([torch.tensor([torch.inf]), torch.minimum(rivals, pgd)[:-1]])
    return pgd > torch.minimum(rivals, before.cummin(0).values) + slack


# %% impossible: right
# In plain Python, entry by entry.
def impossible(fgsm, pgd, square, slack):
    least, found = float("inf"), []
    for f, p, s in zip(fgsm.tolist(), pgd.tolist(), square.tolist(), strict=True):
        least = min(least, f, s)
        found.append(p > least + slack)
        least = min(least, p)
    return found


# %% impossible: fault
# Only what stands at the same radius is compared.
def impossible(fgsm, pgd, square, slack):
    return pgd > torch.minimum(fgsm, square) + slack


# %% impossible: fault
# The other way round: PGD is to leave the most.
def impossible(fgsm, pgd, square, slack):
    return pgd < torch.minimum(fgsm, square) - slack


# %% impossible: wrong
# Two measurements never differ by chance.
def impossible(fgsm, pgd, square, slack):
    rivals = torch.minimum(fgsm, square)
    before = torch.cat([torch.tensor([torch.inf]), torch.minimum(rivals, pgd)[:-1]])
    return pgd > torch.minimum(rivals, before.cummin(0).values)


# %% impossible: wrong
# A black box is no rival of a white box.
def impossible(fgsm, pgd, square, slack):
    before = torch.cat([torch.tensor([torch.inf]), torch.minimum(fgsm, pgd)[:-1]])
    return pgd > torch.minimum(fgsm, before.cummin(0).values) + slack


# %% impossible: hidden
# Of the smaller radii only the one before is looked at.
def impossible(fgsm, pgd, square, slack):
    rivals = torch.minimum(fgsm, square)
    before = torch.cat([torch.tensor([torch.inf]), torch.minimum(rivals, pgd)[:-1]])
    return pgd > torch.minimum(rivals, before) + slack
