"""The verdict on every image: fooled, or why not."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from robustlib.geometry import Norm, float64
from robustlib.interfaces import Images

HAIR = 1e-6  # by which float32 arithmetic may leave the ball
FOOLED, SHAPE, NAN, BOX, BALL = "fooled", "no image", "NaN or inf", "outside [0, 1]", "outside the ball"
RIGHT, DETECTED, NOT_JUDGED = "still read right", "refused by the detector", "not judged"
FATES = (FOOLED, RIGHT, DETECTED, BALL, BOX, NAN, SHAPE, NOT_JUDGED)


@dataclass(frozen=True)
class Verdict:
    """What became of one image. Raises: ValueError for a fate that is none of `FATES`."""

    index: int  # of the image in the target's data
    fate: str  # one of FATES
    said: str  # in words, with the number

    def __post_init__(self) -> None:
        if self.fate not in FATES:
            raise ValueError(f"a fate is one of {', '.join(FATES)}, got {self.fate!r}")

    @property
    def fooled(self) -> bool:
        """Whether the attack won."""
        return self.fate == FOOLED


def check_answer(answer: Any, x: Images) -> str:
    """Why the answer of an attack is no batch of images like x, and the way out; "" where it is one."""
    wanted = f"return one float tensor of shape {tuple(x.shape)}"
    if type(answer) not in (Tensor, torch.nn.Parameter):  # a subclass may answer otherwise each time it is asked
        return f"the attack returned a {type(answer).__name__}: {wanted}"
    if answer.shape != x.shape:
        return f"the attack returned shape {tuple(answer.shape)}: {wanted}"
    if not answer.is_floating_point() or answer.layout != torch.strided:
        return f"the attack returned {answer.dtype}, {answer.layout}: {wanted}"
    return ""


def admissible(x_adv: Images, x: Images, rows: tuple[int, ...], norm: Norm, eps: float) -> list[Verdict | None]:
    """The verdict on each image that breaks the threat model, None for the others.

    Distances are taken in float64; 1e-6 beyond eps is rounding. Not a hair is allowed beyond [0, 1].
    """
    found: list[Verdict | None] = []
    size = norm.size(float64(x_adv) - float64(x)).tolist()
    for i, (index, moved) in enumerate(zip(rows, size, strict=True)):
        low, high = (value.item() for value in x_adv[i].aminmax())
        if not x_adv[i].isfinite().all():
            bad = int((~x_adv[i].isfinite()).sum())
            found.append(Verdict(index, NAN, f"{bad} of {x_adv[i].numel()} pixels are NaN or inf"))
        elif low < 0 or high > 1:
            found.append(Verdict(index, BOX, f"its pixels lie in [{low:.4g}, {high:.4g}]; clamp them to [0, 1]"))
        elif moved > eps + HAIR:
            beyond = f"{moved:.6g} from the clean image, {moved - eps:.3g} more than {eps:g}"
            found.append(Verdict(index, BALL, beyond))
        else:
            found.append(None)
    return found


def verdict(index: int, says: int, y: int, score: float | None, threshold: float | None) -> Verdict:
    """The verdict on an image inside the threat model, by the class that the network gives it and the detector's score.

    A score that is NaN reaches no threshold: the image is refused.
    """
    if says == y:
        return Verdict(index, RIGHT, f"the network still reads {y}")
    if score is not None and threshold is not None and not score >= threshold:
        missed = f"misread as {says}, but its score {score:.4g} is below the threshold {threshold:.4g}"
        return Verdict(index, DETECTED, missed)
    return Verdict(index, FOOLED, f"{y} is read as {says}")
