"""The loss of an attack is a value: the library's, one of torch's, or any callable of logits and labels."""

from functools import partial

import pytest
import torch
from attacks.targets import batch, network
from torch import nn
from torch.nn import functional

from robustlib.attacks import APGD, BIM, MIM, PGD
from robustlib.losses import cross_entropy, dlr, logit, margin

LOSSES = {
    "cross-entropy": cross_entropy,
    "margin": margin,
    "dlr": dlr,
    "logit of another": lambda logits, y: logit(logits, (y + 1) % 4),
    "smoothed": partial(functional.cross_entropy, reduction="none", label_smoothing=0.3),
    "module": nn.CrossEntropyLoss(reduction="none"),
}
# One step of 0.02 without a random start, whatever the attack; Auto-PGD's first step ends on the ball.
ONE_STEP = {
    "PGD": partial(PGD, 0.02, 1, 0.02, random_start=False),
    "BIM": partial(BIM, 0.02, 1, 0.02),
    "MIM": partial(MIM, 0.02, 1, 0.02),
    "APGD": partial(APGD, 0.02, 1, random_start=False),
}


@pytest.mark.parametrize("targeted", [False, True])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("attack", ONE_STEP)
def test_one_step_follows_the_gradient_of_the_loss_that_was_given(attack, loss, targeted):
    model = network()
    x, y = batch(model)
    x = 0.1 + 0.8 * x
    leaf = x.clone().requires_grad_(True)
    (g,) = torch.autograd.grad(LOSSES[loss](model(leaf), y).sum(), leaf)
    expected = x + (-0.02 if targeted else 0.02) * g.sign()
    x_adv = ONE_STEP[attack](loss=LOSSES[loss], targeted=targeted)(model, x, y)
    if attack == "APGD":  # it keeps the better of the start and the step, or a broken one
        kept = (x_adv != x).flatten(1).any(1)
        assert kept.sum() >= 6
        x_adv, expected = x_adv[kept], expected[kept]
    torch.testing.assert_close(x_adv, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("make", [PGD, BIM, MIM, APGD], ids=lambda make: make.__name__)
def test_the_loss_sees_the_labels_of_the_images_still_standing(make):
    model = network()
    x, y = batch(model, 20)
    y[::3] = (y[::3] + 1) % 4  # these leave at once
    pairs = []

    def spy(logits, labels):
        pairs.append((logits.argmax(1) == labels, len(labels)))
        return margin(logits, labels)

    start = {} if make in (BIM, MIM) else {"random_start": False}
    make(1e-7, steps=3, loss=spy, stop_early=True, **start)(model, x, y)
    assert pairs[0][1] == 20 and pairs[-1][1] == 13 and pairs[-1][0].all()
