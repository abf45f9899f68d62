"""Margin PGD on distances as it is written by hand, for one image: what the chapter's cell lets the reader change.

`network` is a `robustlib.evaluation.OneImage`, x an image (28, 28) in [0, 1], y its label, eps the L-infinity radius in
pixel units. Without annotations, because the same lines run in the page.
"""


def margin_pgd(network, x, y, eps):
    """Away from the oracles of the label, towards those of the nearest other class."""
    steps = 10
    alpha = 2.5 * eps / steps
    x_adv = x
    for _ in range(steps):
        logits = network.logits(x_adv).tolist()  # minus the mean distances
        others = [c for c in range(10) if c != y]
        nearest = max(others, key=lambda c: logits[c])
        up = network.logit_gradient(x_adv, nearest)
        g = up - network.logit_gradient(x_adv, y)
        x_adv = x_adv + alpha * g.sign()
        x_adv = x_adv.clip(x - eps, x + eps).clip(0, 1)
    return x_adv
