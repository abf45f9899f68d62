"""Answers to the exercises of reverse_cross_entropy.ipynb, right and wrong; how: book/EXERCISES.md."""

from math import exp

import numpy as np
import torch


# %% kernel_log_density: right
# The largest exponent of each row is taken out before exp and put back after log.
def log_density(z, centres, gamma):
    s = -gamma * torch.cdist(z, centres).square()
    top = s.amax(1, keepdim=True)
    return (s - top).exp().mean(1).log() + top[:, 0]


# %% kernel_log_density: right
# The same in NumPy, by its own sum of logarithms.
def log_density(z, centres, gamma):
    s = -gamma * ((z.numpy()[:, None] - centres.numpy()) ** 2).sum(2)
    return np.logaddexp.reduce(s, axis=1) - np.log(len(centres))


# %% kernel_log_density: fault
# A small number inside the logarithm keeps it finite.
def log_density(z, centres, gamma):
    k = (-gamma * torch.cdist(z, centres).square()).exp().mean(1)
    return (k + 1e-30).log()


# %% kernel_log_density: fault
# What is below the smallest float is set to it.
def log_density(z, centres, gamma):
    k = (-gamma * torch.cdist(z, centres).square()).exp().mean(1)
    return k.clamp_min(torch.finfo(k.dtype).tiny).log()


# %% kernel_log_density: fault
# float64 has smaller numbers, so there it will not vanish.
def log_density(z, centres, gamma):
    k = (-gamma * torch.cdist(z.double(), centres.double()).square()).exp().mean(1)
    return k.log()


# %% kernel_log_density: fault
# nan_to_num makes whatever is not finite finite.
def log_density(z, centres, gamma):
    k = (-gamma * torch.cdist(z, centres).square()).exp().mean(1)
    return k.log().nan_to_num()


# %% kernel_log_density: wrong
# The formula as it stands.
def log_density(z, centres, gamma):
    return (-gamma * torch.cdist(z, centres).square()).exp().mean(1).log()


# %% kernel_log_density: wrong
# logsumexp is the logarithm of the density; the number of centres is forgotten.
def log_density(z, centres, gamma):
    return (-gamma * torch.cdist(z, centres).square()).logsumexp(1)


# %% kernel_log_density: wrong
# The logarithm of a mean is the mean of the logarithms.
def log_density(z, centres, gamma):
    return (-gamma * torch.cdist(z, centres).square()).mean(1)


# %% kernel_log_density: wrong
# The kernel of the distance, which is not squared.
def log_density(z, centres, gamma):
    return (-gamma * torch.cdist(z, centres)).logsumexp(1) - torch.tensor(
        float(len(centres))
    ).log()


# %% kernel_log_density: wrong
# Averaged over the points instead of the centres.
def log_density(z, centres, gamma):
    return (-gamma * torch.cdist(z, centres).square()).logsumexp(0) - torch.tensor(
        float(len(z))
    ).log()


# %% kernel_log_density: fault
# The logarithm of what is left after the smallest float, and far away the nearest centre alone.
def log_density(z, centres, gamma):
    s = -gamma * torch.cdist(z, centres).square()
    near = s.exp().mean(1).log()
    return torch.where(near.isfinite(), near, s.amax(1) - 200)


# %% kernel_log_density: fault
# Kept from vanishing by a floor under the kernel.
def log_density(z, centres, gamma):
    k = (-gamma * torch.cdist(z, centres).square()).exp().clamp(min=1e-38)
    return k.mean(1).log()


# %% kernel_log_density: hidden
# One largest exponent for the whole batch: it suits the row that it comes from.
def log_density(z, centres, gamma):
    s = -gamma * torch.cdist(z, centres).square()
    return (s - s.max()).exp().mean(1).log() + s.max()


# %% kernel_log_density: wrong
# There are three centres.
def log_density(z, centres, gamma):
    return (-gamma * torch.cdist(z, centres).square()).logsumexp(1) - torch.tensor(
        3.0
    ).log()


# %% threshold_price: right
# Try every normal score as the threshold, and keep the highest that is allowed.
def detection_rate(normal, adversarial, false_positives):
    allowed = [
        t for t in normal if (normal < t).float().mean() <= false_positives + 1e-6
    ]
    return (adversarial < max(allowed)).float().mean()


# %% threshold_price: right
# NumPy sorts, and the share is turned into a count first.
def detection_rate(normal, adversarial, false_positives):
    count = int(np.floor(round(false_positives * len(normal), 6)))
    return np.mean(adversarial.numpy() < np.sort(normal.numpy())[count])


# %% threshold_price: fault
# The scores come as they are needed: the threshold is taken from their order in the list.
def detection_rate(normal, adversarial, false_positives):
    threshold = normal[int(false_positives * len(normal) + 1e-9)]
    return (adversarial < threshold).float().mean().item()


# %% threshold_price: fault
# The price is paid on the attacked images: their own quantile is the threshold.
def detection_rate(normal, adversarial, false_positives):
    threshold = adversarial.sort().values[int(false_positives * len(adversarial))]
    return (adversarial < threshold).float().mean().item()


# %% threshold_price: wrong
# A score at the threshold is rejected too.
def detection_rate(normal, adversarial, false_positives):
    threshold = normal.sort().values[int(false_positives * len(normal) + 1e-9)]
    return (adversarial <= threshold).float().mean().item()


# %% threshold_price: wrong
# The library's quantile, which interpolates.
def detection_rate(normal, adversarial, false_positives):
    threshold = normal.quantile(false_positives)
    return (adversarial < threshold).float().mean().item()


# %% threshold_price: wrong
# High scores are the suspicious ones.
def detection_rate(normal, adversarial, false_positives):
    threshold = normal.sort(descending=True).values[
        int(false_positives * len(normal) + 1e-9)
    ]
    return (adversarial > threshold).float().mean().item()


# %% threshold_price: wrong
# The share that passes is the answer.
def detection_rate(normal, adversarial, false_positives):
    threshold = normal.sort().values[int(false_positives * len(normal) + 1e-9)]
    return (adversarial >= threshold).float().mean().item()


# %% threshold_price: wrong
# A share of a half image is rounded to the nearest whole one.
def detection_rate(normal, adversarial, false_positives):
    threshold = normal.sort().values[round(false_positives * len(normal))]
    return (adversarial < threshold).float().mean().item()


# %% threshold_price: wrong
# The library's quantile with "higher": it counts steps between scores, not scores.
def detection_rate(normal, adversarial, false_positives):
    threshold = normal.quantile(false_positives, interpolation="higher")
    return (adversarial < threshold).float().mean().item()


# %% threshold_price: wrong
# Whatever is left of an image is a whole one.
def detection_rate(normal, adversarial, false_positives):
    count = int(np.ceil(round(false_positives * len(normal), 6)))
    return (adversarial < normal.sort().values[count]).float().mean().item()


# %% threshold_price: wrong
# There are a hundred normal scores.
def detection_rate(normal, adversarial, false_positives):
    count = int(false_positives * 100 + 1e-9)
    threshold = normal.sort().values[min(count, len(normal) - 1)]
    return (adversarial < threshold).float().mean().item()


# %% threshold_price: wrong
# The scores are 0 to 99, so that the share in per cent is the threshold.
def detection_rate(normal, adversarial, false_positives):
    return (adversarial < round(100 * false_positives)).float().mean().item()


# %% threshold_price: wrong
# The scores begin at 0 and are a distance of 1 apart.
def detection_rate(normal, adversarial, false_positives):
    threshold = false_positives * (normal.max() + 1)
    return (adversarial < threshold).float().mean().item()


# %% threshold_price: hidden
# int() of the product: 0.29 times 100 is 28.999... in floating point.
def detection_rate(normal, adversarial, false_positives):
    threshold = normal.sort().values[int(false_positives * len(normal))]
    return (adversarial < threshold).float().mean().item()


# %% honest_success: right
# By sorting: the best of the others is the first of the row, or the second where the target is the first.
def honest_success(logits, target, kappa):
    top = logits.topk(2)
    rival = torch.where(
        top.indices[:, 0] == target, top.values[:, 1], top.values[:, 0]
    )
    return logits[torch.arange(len(target)), target] - rival >= kappa


def least_probability(kappa, classes):
    return torch.tensor([float(kappa)] + [0.0] * (classes - 1)).softmax(0)[0]


# %% honest_success: right
# Row by row, as a list of booleans.
def honest_success(logits, target, kappa):
    rows = zip(logits.tolist(), target.tolist(), strict=True)
    return [
        all(row[t] - v >= kappa for i, v in enumerate(row) if i != t)
        for row, t in rows
    ]


# %% honest_success: fault
# The released test: less kappa, is a probability still the largest?
def honest_success(logits, target, kappa):
    less = logits.softmax(1)
    less[torch.arange(len(target)), target] -= kappa
    return less.argmax(1) == target


# %% honest_success: fault
# The released test on logits; argmax breaks a tie by the order of the classes.
def honest_success(logits, target, kappa):
    less = logits.clone()
    less[torch.arange(len(target)), target] -= kappa
    return less.argmax(1) == target


# %% honest_success: wrong
# A lead is more than kappa.
def honest_success(logits, target, kappa):
    own = logits.gather(1, target[:, None])[:, 0]
    return own - logits.scatter(1, target[:, None], -torch.inf).amax(1) > kappa


# %% honest_success: wrong
# The lead of the winner, whoever it is.
def honest_success(logits, target, kappa):
    first, second = logits.topk(2).values.unbind(1)
    return first - second >= kappa


# %% honest_success: wrong
# The target leads the average of the row.
def honest_success(logits, target, kappa):
    own = logits.gather(1, target[:, None])[:, 0]
    return own - logits.mean(1) >= kappa


# %% honest_success: wrong
# Two classes: the sigmoid of the lead.
def least_probability(kappa, classes):
    return 1 / (1 + exp(-kappa))


# %% honest_success: wrong
# In the worst case one other class has all the rest, the others nothing.
def least_probability(kappa, classes):
    return exp(kappa) / (exp(kappa) + classes)


# %% honest_success: wrong
# The target leads the average of the others.
def honest_success(logits, target, kappa):
    own = logits.gather(1, target[:, None])[:, 0]
    others = (logits.sum(1) - own) / (logits.shape[1] - 1)
    return own - others >= kappa


# %% honest_success: wrong
# No logit of another class is below minus five.
def honest_success(logits, target, kappa):
    own = logits.gather(1, target[:, None])[:, 0]
    return own - logits.scatter(1, target[:, None], -5.0).amax(1) >= kappa


# %% honest_success: wrong
# The own logit is struck out with a zero; logits may all be below it.
def honest_success(logits, target, kappa):
    own = logits.gather(1, target[:, None])[:, 0]
    return own - logits.scatter(1, target[:, None], 0.0).amax(1) >= kappa


# %% honest_success: hidden
# No logit is below minus a thousand; minus a distance can be.
def honest_success(logits, target, kappa):
    own = logits.gather(1, target[:, None])[:, 0]
    return own - logits.scatter(1, target[:, None], -1000.0).amax(1) >= kappa


# %% honest_success: hidden
# The softmax as printed: e to the power of a large lead is too large for a float.
def least_probability(kappa, classes):
    return exp(kappa) / (exp(kappa) + classes - 1)


# %% needed_lead: right
# The odds of the class, times the number of the others.
def needed_lead(probability, classes):
    odds = probability / (1 - probability)
    return np.log(odds) + np.log(classes - 1)


# %% needed_lead: right
# By bisection of the probability that a lead guarantees.
def needed_lead(probability, classes):
    low, high = 0.0, 50.0
    for _ in range(100):
        middle = (low + high) / 2
        least = 1 / (1 + (classes - 1) * exp(-middle))
        low, high = (low, middle) if least >= probability else (middle, high)
    return high


# %% needed_lead: fault
# Ten logits, as the paper asks of every network, are enough for all.
def needed_lead(probability, classes):
    return 10.0


# %% needed_lead: wrong
# Two classes, whatever their number.
def needed_lead(probability, classes):
    return np.log(probability / (1 - probability))


# %% needed_lead: wrong
# The class counts among its rivals.
def needed_lead(probability, classes):
    return np.log(classes * probability / (1 - probability))


# %% needed_lead: wrong
# The odds the other way round.
def needed_lead(probability, classes):
    return np.log((classes - 1) * (1 - probability) / probability)


# %% needed_lead: hidden
# In float32, in which a probability just below 1 is 1.
def needed_lead(probability, classes):
    p = torch.tensor(float(probability))
    return ((classes - 1) * p / (1 - p)).log()
