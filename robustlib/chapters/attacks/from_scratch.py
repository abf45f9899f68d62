"""FGSM and PGD as they are written by hand, for one image: what the chapter's cells let the reader change.

`network` is a `robustlib.evaluation.OneImage`, x an image (28, 28) in [0, 1], y its label, eps the L-infinity radius in
pixel units. Without annotations, because the same lines run in the page.
"""


def fgsm(network, x, y, eps):
    """One step of length eps along the sign of the gradient."""
    g = network.loss_gradient(x, y)
    return (x + eps * g.sign()).clip(0, 1)


def pgd(network, x, y, eps):
    """Ten steps, after each of which the image is put back into the ball."""
    steps = 10
    alpha = 2.5 * eps / steps
    x_adv = x
    for _ in range(steps):
        g = network.loss_gradient(x_adv, y)
        x_adv = x_adv + alpha * g.sign()
        x_adv = x_adv.clip(x - eps, x + eps).clip(0, 1)
    return x_adv
