"""What is said of an attack that a reader has written: whether it is one, and if not, in which way it is none.

Runs in CPython on torch and, in the page, in MicroPython: it imports nothing, and asks of tensors what both have.
"""

SLACK = 1e-6  # of float32 numbers in [0, 1]


def verdict(attack, network, digits, eps, want):
    """Try `attack(network, x, y, eps)` on digits (x, y) that are read right: (passed, sentence, attacked images).

    It passes where every image is inside the L-infinity ball of radius eps and in [0, 1], and at least `want` are
    misread. Of its faults one is named: no image, NaN, outside [0, 1], nothing moved, over eps, misleads too few.
    """
    made: list = []
    right: list = []
    moved, low, high = 0.0, 0.0, 1.0
    for place, (x, y) in enumerate(digits):
        x_adv = attack(network, x, y, eps)
        fault = no_image(x_adv, x)
        if fault:
            return False, f"Digit {place + 1}, a {y}: {fault}", made
        made.append(x_adv)
        moved = max(moved, float((x_adv - x).abs().max()))
        low, high = min(low, float(x_adv.min())), max(high, float(x_adv.max()))
        if int(network.logits(x_adv).argmax()) == y:
            right.append(str(place + 1))
    if low < -SLACK or high > 1 + SLACK:
        found = f"Not in the box: pixels go from {low:.3f} to {high:.3f}."
        return False, f"{found} A pixel of an image lies between 0 and 1. End with .clip(0, 1).", made
    if moved == 0:
        return False, "This is the clean image: no pixel of any digit has moved.", made
    if moved > eps + SLACK:
        found = f"Over the budget: a pixel moves by {moved:.3f}, and eps allows {eps}."
        return False, f"{found} Keep every pixel between x - eps and x + eps.", made
    misled = len(made) - len(right)
    found = f"{misled} of {len(made)} digits are misread, no pixel moves by more than {moved:.3f} (eps allows {eps}), "
    found += "and all lie in [0, 1]."
    if misled < want:
        hint = f"Still read right: {', '.join(right)}." if misled else "Does each step go up the gradient?"
        return False, f"Allowed, but weak: {found} The listing misleads {want}. {hint}", made
    return True, f"An attack: {found} The listing misleads {want}.", made


def no_image(x_adv, x):
    """Why something is no image of the shape of x, in words; nothing where it is one."""
    if x_adv is None:
        return "the function returns nothing. Is there a return at its end?"
    shape = tuple(getattr(x_adv, "shape", ()))
    if shape != tuple(x.shape):
        return f"the function has to return an image of shape {tuple(x.shape)}. What it returns has the shape {shape}."
    nan = int(x_adv.isnan().sum())
    return f"{nan} of its pixels are NaN, no number." if nan else ""
