"""What is said of an attack that a reader has written: whether it is one, and if not, in which way it is none.

Runs in CPython on torch and, in the page, in MicroPython: it asks of tensors only what both have.
"""

SLACK = 1e-6  # of float32 numbers in [0, 1]


def verdict(attack, network, digits, eps, want):
    """Try `attack(network, x, y, eps)` on digits (x, y) that are read right: (passed, sentence, attacked images).

    It passes where every image is inside the L-infinity ball of radius eps and in [0, 1], and at least `want` are
    misread. The first fault that it has is the one that is named, with the digit where it was found.
    """
    made, moved, low, high, right, unread = [], 0.0, 0.0, 1.0, [], []
    for place, (x, y) in enumerate(digits):
        where = "Digit %d, a %d" % (place + 1, y)
        x_adv = attack(network, x, y, eps)
        if not hasattr(x_adv, "shape") or tuple(x_adv.shape) != tuple(x.shape):
            what = "of shape %s" % (tuple(x_adv.shape),) if hasattr(x_adv, "shape") else type(x_adv).__name__
            return False, "%s: the function has to return an image of shape %s, and returns %s." % (
                where,
                tuple(x.shape),
                "nothing: is there a return?" if x_adv is None else what,
            ), made
        made.append(x_adv)
        if float(x_adv.isnan().sum()) > 0:
            unread.append("%s: %d pixels are no numbers (NaN)." % (where, int(x_adv.isnan().sum())))
            continue
        far = float((x_adv - x).abs().max())
        if float(x_adv.min()) < -SLACK or float(x_adv.max()) > 1 + SLACK:
            low, high = min(low, float(x_adv.min())), max(high, float(x_adv.max()))
        moved = max(moved, far)
        if int(network.logits(x_adv).argmax()) == y:
            right.append(place + 1)
    n = len(made)
    if unread:
        return False, unread[0], made
    if (low, high) != (0.0, 1.0):
        return False, (
            "Not in the box: pixels go from %.3f to %.3f. A pixel of an image lies between 0 and 1. End with "
            ".clip(0, 1)." % (low, high)
        ), made
    if moved == 0:
        return False, "This is the clean image: no pixel of any digit has moved.", made
    if moved > eps + SLACK:
        return False, (
            "Over the budget: a pixel moves by %.3f, and eps allows %g. Keep every pixel between x - eps and x + eps."
            % (moved, eps)
        ), made
    facts = "%d of %d digits are misread, no pixel moves by more than %.3f (eps allows %g), and all lie in [0, 1]." % (
        n - len(right),
        n,
        moved,
        eps,
    )
    if n - len(right) < want:
        hint = "Does each step go up the gradient?" if len(right) == n else "Which line makes yours weaker?"
        named = "digit" if len(right) == 1 else "digits"
        return False, "Allowed, but weak: %s Still read right: %s %s. The listing misleads %d. %s" % (
            facts,
            named,
            ", ".join([str(place) for place in right]),
            want,
            hint,
        ), made
    return True, "An attack: %s The listing misleads %d." % (facts, want), made
