"""What the chapter's pictures and its control show: a digit, what a defence makes of it, and what is said of that."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from robustlib.attacks import EOT, PGD
from robustlib.chapters.input_defences.live import SEARCH, SHORTEST, UNAWARE, Defended
from robustlib.interfaces import Images, Labels
from robustlib.losses import margin
from robustlib.models import Classifier, Generator, Search
from robustlib.modes import seeded

TILE = 224  # pixels of a picture: eight for each of a digit, seven for each of a view
Told = tuple[Tensor, str, bool | None]  # an image, what is said of it, and whether that is right


def handed(of: Classifier, x: Images) -> Images:
    """What the network behind the defence reads in the place of x, one draw, seeded."""
    with seeded(0, "handed", x.device), torch.no_grad():
        found = of.body[0](x)  # type: ignore[index]
        assert isinstance(found, Tensor)
        return found


def picture(x: Tensor) -> Tensor:
    """An image of one channel, or its code as a square of planes, with large pixels: (c, s, s) -> (1, 224, 224).

    Raises: ValueError where the pixels do not fill it.
    """
    c, side = x.shape[0], x.shape[1]
    across = round(c**0.5)
    if across**2 != c or TILE % (across * side):
        raise ValueError(f"{c} planes of {side} x {side} pixels do not fill a square of {TILE} evenly")
    planes = x.reshape(across, across, side, side).permute(0, 2, 1, 3).reshape(1, across * side, across * side)
    return planes.repeat_interleave(TILE // (across * side), 1).repeat_interleave(TILE // (across * side), 2)


def told(of: Classifier, x: Images, y: Labels, shown: Images) -> list[Told]:
    """Each shown image as a picture, and what the network says of x with its probability; one draw, seeded."""
    with seeded(0, "handed", x.device), torch.no_grad():
        probability, k = of(x).softmax(1).max(1)
    said = [f"says {c} ({p:.2f})" for c, p in zip(k.tolist(), probability.tolist(), strict=True)]
    return list(zip(map(picture, shown), said, (k == y).tolist(), strict=True))


def control(
    defences: Mapping[str, Defended], plain: Classifier, x: Images, y: Labels
) -> tuple[list[str], dict[str, dict[str, list[Told]]]]:
    """One digit without a defence and behind each, clean and under either attacker: positions, and row -> column ->
    pictures, as `robustlib.figures.fate` takes them.

    Without a defence both attackers are PGD on the undefended network; behind random views the unaware one is DeepFool.
    Raises: ValueError unless there is one image.
    """
    if len(x) != 1:
        raise ValueError(f"the control shows one image, got {len(x)}")
    bare = Classifier(nn.Sequential(nn.Identity(), plain.body), plain.head).eval()
    every = {"none": Defended(plain, bare, PGD(0.3, 20, loss=margin), 0.3)} | dict(defences)
    columns = ("clean", "attacker unaware", "attacker aware")
    rows: dict[str, dict[str, list[Told]]] = {
        row: {c: [] for c in columns} for row in ("what is shown", "what is read")
    }
    for of in every.values():
        unaware = of.attacks()[SHORTEST if isinstance(of.aware, EOT) else UNAWARE]
        with seeded(0, "control", x.device):
            made = [x, unaware(of.alone, x, y), of.aware(of.behind, x, y)]
        for column, image in zip(columns, made, strict=True):
            moved = (image - x).abs().max().item()
            said = f"moved by {moved:.2f}" if moved else "as it is"
            rows["what is shown"][column].append((picture(image[0]), said, None))
            rows["what is read"][column] += told(of.behind, image, y, handed(of.behind, image))
    return list(every), rows


def stages(generator: Generator, x: Images, at: tuple[int, ...], search: Search = SEARCH) -> list[tuple[Tensor, float]]:
    """Of one image what the generator makes after so many steps of its search, and the mean squared error."""
    found = []
    for steps in at:
        with seeded(0, "stages", x.device), torch.no_grad():
            z, error = search(generator, x, None, steps)
            found.append((picture(generator(z)[0]), error.item()))
    return found
