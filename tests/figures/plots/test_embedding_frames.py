"""Before and after training in one plane: what is said of each, by hand on four points in three dimensions."""

import re
from typing import Any

import pytest
import torch

from robustlib.figures import embedding_frames

AFTER = torch.tensor([[0.0, 0, 0], [0, 1, 0], [9, 0, 0], [9, 1, 0]])
BEFORE = torch.tensor([[0.0, 0, 0], [9, 0, 0], [1, 0, 0], [9, 0, 5]])
Y = torch.tensor([0, 0, 1, 1])


def test_each_embedding_is_said_from_all_dimensions() -> None:
    made = embedding_frames(BEFORE, AFTER, Y, between={"epoch 1": AFTER / 2}, caption="Look.")
    _, line, caption = repr(made).splitlines()
    said = re.findall(r"in a class ([\d.]+), between classes ([\d.]+).*?for (\d+) %; the plane holds (\d+) %", line)
    assert said[0][:3] == ("9.22", "6.07", "0"), "each point is nearest to one of the other class"
    assert said[1:] == [("0.5", "4.51", "100", "100"), ("1", "9.03", "100", "100")]
    assert re.findall(r"(before training|epoch 1|after training) mean", line) == [
        "before training",
        "epoch 1",
        "after training",
    ]
    assert caption.startswith(
        "Look. The plane is that of the two directions in which the last embedding varies most (PCA)"
    )
    assert "; all are drawn to one scale." in caption


def test_a_small_embedding_gets_a_scale_of_its_own() -> None:
    said = [
        repr(embedding_frames(AFTER * f, AFTER, Y, caption="c", **w))
        for f, w in ((0.1, {}), (0.5, {}), (0.1, {"shared": True}))
    ]
    assert ["a scale of its own" in text for text in said] == [True, False, False]


@pytest.mark.parametrize(
    ("call", "words", "said"),
    [((BEFORE[:3], AFTER, Y), {}, "of the same 4 images"), ((BEFORE, AFTER, Y[:3]), {}, "of the same 3 images"),
     ((BEFORE[:, :1], AFTER[:, :1], Y), {}, "d >= 2"), ((BEFORE * torch.nan, AFTER, Y), {}, "finite"),
     ((BEFORE, AFTER, 0 * Y), {}, "two classes"), ((BEFORE, AFTER, Y), {"names": ("a", "a")}, "a name of its own")],
)  # fmt: skip
def test_embeddings_that_do_not_belong_together(call: Any, words: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        embedding_frames(*call, caption="c", **words)
