"""Answers to the exercises of at2l.ipynb, right and wrong; book/EXERCISES.md says how such a file is written."""

import torch


# %% triplets: right
# One image at a time.
def triplets(f_adv, f, f_neg, alpha):
    found = []
    for a, p, n in zip(f_adv, f, f_neg, strict=True):
        near, far = (a - p).abs().max(), (a - n).abs().max()
        found.append(torch.relu(near - far + alpha))
    return torch.stack(found)


# %% triplets: right
# The norm of the library of PyTorch.
def triplets(f_adv, f, f_neg, alpha):
    near = torch.linalg.vector_norm(f_adv - f, torch.inf, dim=1)
    far = torch.linalg.vector_norm(f_adv - f_neg, torch.inf, dim=1)
    return torch.relu(near - far + alpha)


# %% triplets: fault
# The clean image as anchor: the attacked one is no longer kept away from the negative.
def triplets(f_adv, f, f_neg, alpha):
    near, far = (f_adv - f).abs().amax(1), (f - f_neg).abs().amax(1)
    return torch.relu(near - far + alpha)


# %% triplets: wrong
# Squared Euclidean distances, as in the chapter on metric learning.
def triplets(f_adv, f, f_neg, alpha):
    near, far = (f_adv - f).square().sum(1), (f_adv - f_neg).square().sum(1)
    return torch.relu(near - far + alpha)


# %% triplets: wrong
# No hinge.
def triplets(f_adv, f, f_neg, alpha):
    return (f_adv - f).abs().amax(1) - (f_adv - f_neg).abs().amax(1) + alpha


# %% triplets: wrong
# Near and far are exchanged.
def triplets(f_adv, f, f_neg, alpha):
    return torch.relu(
        (f_adv - f_neg).abs().amax(1) - (f_adv - f).abs().amax(1) + alpha
    )


# %% triplets: hidden
# Only the first three logits.
def triplets(f_adv, f, f_neg, alpha):
    near = (f_adv - f)[:, :3].abs().amax(1)
    far = (f_adv - f_neg)[:, :3].abs().amax(1)
    return torch.relu(near - far + alpha)


# %% negative_class: right
# In Python, image by image.
def negative_class(logits, y):
    labels = y.tolist()
    found = []
    for row, own in zip(logits.tolist(), labels, strict=True):
        found.append(max({c for c in labels if c != own}, key=lambda c: row[c]))
    return torch.tensor(found)


# %% negative_class: right
# The logits of the images that are there, and whose they are.
def negative_class(logits, y):
    of_images = logits[:, y].masked_fill(y[:, None] == y[None], -torch.inf)
    return y[of_images.argmax(1)]


# %% negative_class: fault
# The predicted class, which may be the right one or missing from the batch.
def negative_class(logits, y):
    return logits.argmax(1)


# %% negative_class: wrong
# The likeliest wrong class, whether the batch has an image of it or not.
def negative_class(logits, y):
    return logits.scatter(1, y[:, None], -torch.inf).argmax(1)


# %% negative_class: wrong
# The likeliest class of the batch, its own included.
def negative_class(logits, y):
    there = torch.full_like(logits, -torch.inf)
    there[:, y] = logits[:, y]
    return there.argmax(1)


# %% negative_class: wrong
# Any image of another class: the first.
def negative_class(logits, y):
    return torch.stack([y[y != own][0] for own in y])


# %% negative_class: hidden
# Four classes, as in the check.
def negative_class(logits, y):
    there = torch.full_like(logits, -torch.inf)
    there[:, y] = logits[:, y]
    there[torch.arange(len(y)), y] = -torch.inf
    return there[:, :4].argmax(1)


# %% shifted: right
# As many logits as the classes need, from 0 on.
def shifted(f, y, by):
    return f - f.mean(1, keepdim=True) + (by + 45) * y[:, None].to(f.dtype)


# %% shifted: right
# One image at a time.
def shifted(f, y, by):
    return torch.stack(
        [row + 2 * (by + 20) * int(c) for row, c in zip(f, y, strict=True)]
    )


# %% shifted: fault
# Every logit times a number: apart they are, and so are the probabilities.
def shifted(f, y, by):
    return f * (1 + by) * (1 + y[:, None])


# %% shifted: wrong
# The same offset for all images moves none away from another.
def shifted(f, y, by):
    return f + by


# %% shifted: wrong
# The offset of each image is drawn from its place in the batch, not from its class.
def shifted(f, y, by):
    return f + (by + 20) * torch.arange(len(f))[:, None]


# %% shifted: wrong
# Only the logit of the class grows: that is a surer network, with another softmax.
def shifted(f, y, by):
    return f.scatter_add(1, y[:, None], torch.full_like(f[:, :1], by))


# %% shifted: hidden
# Enough for `by` of 7 and not for more.
def shifted(f, y, by):
    return f + 27 * y[:, None]


# %% two_shares: right
# Image by image.
def two_shares(undefended, defended, attack, x, y):
    clean = (defended(x).argmax(1) == y).tolist()
    found = []
    for net in (undefended, defended):
        read = (defended(attack(net, x, y)).argmax(1) == y).tolist()
        found.append(
            sum(a and b for a, b in zip(clean, read, strict=True)) / len(y)
        )
    return found


# %% two_shares: right
# Wrong images are counted.
def two_shares(undefended, defended, attack, x, y):
    lost = defended(x).argmax(1) != y
    static = lost | (defended(attack(undefended, x, y)).argmax(1) != y)
    own = lost | (defended(attack(defended, x, y)).argmax(1) != y)
    return 1 - static.double().mean(), 1 - own.double().mean()


# %% two_shares: fault
# The static set twice: this is what a table of static numbers calls a white box.
def two_shares(undefended, defended, attack, x, y):
    clean = defended(x).argmax(1) == y
    right = clean & (defended(attack(undefended, x, y)).argmax(1) == y)
    return right.float().mean(), right.float().mean()


# %% two_shares: fault
# Each network is shown its own images: the first number is not of the defence.
def two_shares(undefended, defended, attack, x, y):
    return [
        ((net(x).argmax(1) == y) & (net(attack(net, x, y)).argmax(1) == y))
        .float()
        .mean()
        for net in (undefended, defended)
    ]


# %% two_shares: wrong
# What is misread when clean may come back by the attack.
def two_shares(undefended, defended, attack, x, y):
    return [
        (defended(attack(net, x, y)).argmax(1) == y).float().mean()
        for net in (undefended, defended)
    ]


# %% two_shares: wrong
# Shares of the images that were right when clean.
def two_shares(undefended, defended, attack, x, y):
    clean = defended(x).argmax(1) == y
    return [
        (defended(attack(net, x, y)).argmax(1) == y)[clean].float().mean()
        for net in (undefended, defended)
    ]


# %% two_shares: hidden
# Two classes only.
def two_shares(undefended, defended, attack, x, y):
    def said(images):
        return (defended(images)[:, 1] > defended(images)[:, 0]).long()

    clean = said(x) == y
    return [
        (clean & (said(attack(net, x, y)) == y)).float().mean()
        for net in (undefended, defended)
    ]


# %% paired: right
# From the counts of the images in which the two differ.
def paired(a, b):
    n, up, down = len(a), int((a & ~b).sum()), int((b & ~a).sum())
    mean = (up - down) / n
    spread = ((up + down - n * mean**2) / (n - 1)) ** 0.5
    return 100 * mean, 196 * spread / n**0.5


# %% paired: right
# In points from the start.
def paired(a, b):
    d = 100.0 * (a.int() - b.int()).double()
    return d.mean(), 1.96 * d.std() * len(d) ** -0.5


# %% paired: fault
# Two separate shares: the interval does not know that the images are the same.
def paired(a, b):
    p, q, n = a.double().mean(), b.double().mean(), len(a)
    half = 1.96 * ((p * (1 - p) + q * (1 - q)) / n) ** 0.5
    return 100 * (p - q), 100 * half


# %% paired: wrong
# The sign is turned.
def paired(a, b):
    d = b.double() - a.double()
    return 100 * d.mean(), 196 * d.std() / len(d) ** 0.5


# %% paired: wrong
# Shares, no points.
def paired(a, b):
    d = a.double() - b.double()
    return d.mean(), 1.96 * d.std() / len(d) ** 0.5


# %% paired: wrong
# The spread of one image, not of their mean.
def paired(a, b):
    d = a.double() - b.double()
    return 100 * d.mean(), 196 * d.std()


# %% paired: hidden
# As if all that differ did so in one direction.
def paired(a, b):
    d = (a.double() - b.double()).abs()
    mean = a.double().mean() - b.double().mean()
    return 100 * mean, 196 * d.std() / len(d) ** 0.5
