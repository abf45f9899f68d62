"""What the fields of a budget attack may be."""


def check_budget(eps: float, alpha: float | None, steps: int) -> None:
    """Raises: ValueError unless eps >= 0 (finite), alpha > 0 or None, and steps >= 1."""
    if not 0 <= eps < float("inf"):
        raise ValueError(f"eps is a radius in pixel units of [0, 1] and must be >= 0 and finite, got {eps}")
    if alpha is not None and not 0 < alpha < float("inf"):
        raise ValueError(f"the step alpha must be > 0, or None for the default of the attack, got {alpha}")
    if steps < 1:
        raise ValueError(f"an attack needs steps >= 1, got {steps}")
