"""Cost curves say what they draw."""

from robustlib.figures import cost_curves


def test_curves_say_what_they_draw():
    made = cost_curves(
        {"BIM": {1: (0.9, 0.85, 0.95), 10: (0.6, 0.5, 0.7)}, "Square": {10: (0.8, 0.7, 0.9)}},
        floor=("worst case", (0.5, 0.4, 0.6)), caption="Lower is stronger.",
    )  # fmt: skip
    assert "BIM: 90.0 % after 1, 60.0 % after 10" in made.alt and "worst case: 50.0 %" in made.alt
