"""Every attack on every example, batch by batch; it can be interrupted and goes on without loss."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn
from tqdm.auto import tqdm

from robustlib.evaluation.outcome import Outcome, checksum
from robustlib.evaluation.resume import Unfinished, identity, read_rows, write_rows
from robustlib.evaluation.verdicts import correct, draws_of, images_and_labels, seeded
from robustlib.interfaces import Attack, Images, Labels


def under_attack(
    model: nn.Module,
    attacks: Mapping[str, Attack],
    data: Any,  # a Split, or (x, y)
    *,
    seed: int = 0,
    batch: int = 250,
    progress: bool = False,
    checkpoint: Path | str | None = None,  # of this call alone; None: nothing is written
) -> dict[str, Outcome]:
    """The outcome of every attack on every example, and of none under the name "clean".

    Images that the model gets wrong before the attack count as wrong and are not attacked. Each attack's random numbers
    follow from the seed and its name, so adding one changes no other. The model's modes and the generators are
    restored. A model that itself draws random numbers is seeded too, and the outcomes say on how many draws they rest.
    `progress` shows the images done and the time left. With a `checkpoint` path the outcomes so far are
    written after every batch: called again with the same arguments, an interrupted call goes on after its last whole
    batch and gives the same bits as one left alone; a finished call's outcomes are read, not computed again.

    Raises: ValueError if an attack is called "clean", or returns images outside [0, 1] or not finite, or if the
    checkpoint is damaged or belongs to another call; TypeError for a checkpoint of an attack without a name (a lambda).
    """
    x, y = images_and_labels(data)
    if "clean" in attacks:
        raise ValueError('"clean" is the name of the outcome without an attack; call the attack something else')
    path = None if checkpoint is None else Path(checkpoint)
    call = {} if path is None else identity(model, attacks, x, y, seed=seed, batch=batch)
    rows = {} if path is None else read_rows(path, call, len(x))

    def save() -> None:
        if path is not None:
            write_rows(path, call, rows)

    if "clean" not in rows:
        started = time.monotonic()
        with seeded(seed, "clean", x.device):
            right = correct(model, x, y, batch)
        rows["clean"] = Unfinished.of(right, time.monotonic() - started)
    standing = rows["clean"].correct.to(x.device)
    hits = int(standing.sum())
    done = sum(min(hits, row.batches * batch) for row in rows.values())
    with tqdm(total=len(attacks) * hits, initial=done, disable=not progress, unit="image") as bar:
        for name, attack in attacks.items():
            bar.set_description(name)
            row = rows.setdefault(name, Unfinished.of(standing))
            with seeded(seed, name, x.device):
                attack_standing(model, attack, x, y, standing, batch, bar, row, save)
    rest = draws_of(model, x[:batch], seed), checksum(x, y)
    return {name: Outcome(row.correct, row.linf, row.l2, row.seconds, *rest) for name, row in rows.items()}


def attack_standing(
    model: nn.Module,
    attack: Attack,
    x: Images,
    y: Labels,
    standing: Tensor,
    batch: int,
    bar: Any = None,
    row: Unfinished | None = None,  # what the first batches left, if some are done; filled in place
    save: Callable[[], None] | None = None,  # called after every batch
) -> Outcome:
    """Attack the examples that are still standing, batch by batch; the others count as wrong."""
    row = row or Unfinished.of(standing)
    row.restore_random(x.device)
    batches = standing.nonzero().squeeze(1).split(batch) if standing.any() else ()
    for rows in batches[row.batches :]:
        started = time.monotonic()
        x_adv = attack(model, x[rows], y[rows])
        if not isinstance(x_adv, Tensor) or x_adv.shape != x[rows].shape:
            found = tuple(x_adv.shape) if isinstance(x_adv, Tensor) else type(x_adv).__name__
            raise ValueError(f"{attack!r} must return images of shape {tuple(x[rows].shape)}, got {found}")
        low, high = x_adv.aminmax()
        if not (low >= 0 and high <= 1):
            raise ValueError(f"{attack!r} returned images outside [0, 1] or not finite: [{low:.3g}, {high:.3g}]")
        row.add(rows, correct(model, x_adv, y[rows]), x_adv - x[rows], time.monotonic() - started)
        if save is not None:
            save()
        if bar is not None:
            bar.update(len(rows))
    return Outcome(row.correct, row.linf, row.l2, row.seconds)
