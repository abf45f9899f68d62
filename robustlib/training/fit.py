"""The training loop: one function for every objective of the book."""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from robustlib.interfaces import Objective
from robustlib.precision import Precision, resolve
from robustlib.training.history import History
from robustlib.training.optimizers import SGD, Adam, DecayWeights
from robustlib.training.schedules import Constant
from robustlib.training.state import Position, Saved, random_state, set_random_state


def fit(
    model: nn.Module,
    loader: Any,  # a sampler called with a split, e.g. Batches(128)(mnist.train)
    objective: Objective,
    *,
    optimizer: SGD | Adam | DecayWeights,
    epochs: int,
    schedule: Callable[[float], float] = Constant(),  # noqa: B008 (a frozen value)
    checkpoint: Path | str | None = None,
    save_every: float = 60.0,  # seconds between checkpoints inside an epoch
    precision: Precision = None,  # "fast", or torch.bfloat16 by autocast; None is float32
    channels_last: bool = False,  # any precision but None is
    clip: float | None = None,  # largest L2 norm of the whole gradient
    time_budget: float = math.inf,  # seconds; then the run stops, saved, to be resumed
    progress: bool = True,
) -> History:
    """Minimise the sum of the objective's terms, and return their means by epoch.

    The model is left in train mode, on its own device. Random numbers come from torch's global generators: seed them
    before for a repeatable run. With a `checkpoint` path the run is saved at each epoch's end and every `save_every`
    seconds; called again with the same arguments, and the model as it was then or as it was saved, it goes on from
    there and ends with the same weights as a run left alone (same device, threads and versions). A finished run's
    checkpoint is loaded, not trained again. Another seed (the last `torch.manual_seed`), architecture or first weights,
    or an edited source of what is called, make another run.

    Raises: ValueError for epochs < 0, an empty loader, float16, or a checkpoint that is damaged or of another run;
    TypeError for a checkpoint of an objective without a name (a lambda); FloatingPointError if the loss is no longer
    finite.
    """
    if epochs < 0 or len(loader) == 0:
        raise ValueError(f"fit needs epochs >= 0 and at least one batch, got epochs={epochs}, {len(loader)} batches")
    device = next(model.parameters()).device
    dtype, channels_last = resolve(precision, device), channels_last or precision is not None
    if channels_last:
        model.to(memory_format=torch.channels_last)
    trained = [p for p in model.parameters() if p.requires_grad]
    step_by = optimizer(trained)
    run = {"objective": objective, "optimizer": optimizer, "schedule": schedule, "precision": precision}
    saved = Saved(checkpoint, model, step_by, **run, clip=clip, loader=loader, epochs=epochs)
    history, at = saved.history, saved.at

    model.train()
    started = last_save = time.monotonic()
    bar = tqdm(total=epochs * len(loader), initial=at.epoch * len(loader) + at.step, disable=not progress, unit="batch")
    while at.epoch < epochs:
        now = random_state(device)
        set_random_state(saved.epoch_random, device)
        order = list(loader.indices())
        if at.step:  # resumed inside an epoch: its order was drawn from where the epoch began
            set_random_state(now, device)
        clock = time.monotonic()
        while at.step < len(order):
            batch = loader.batch(order[at.step])
            t = (at.epoch + at.step / len(order)) / epochs
            for group in step_by.param_groups:
                group["lr"] = optimizer.lr * schedule(t)
            terms = _step(model, batch, objective, step_by, dtype, trained, clip, channels_last)
            for name, value in terms.items():
                at.sums[name] = at.sums.get(name, 0.0) + value
                if not math.isfinite(value):
                    where = f"epoch {at.epoch}, batch {at.step}"
                    raise FloatingPointError(f"term {name!r} is {value} at {where}: lower the learning rate")
            at.step += 1
            bar.update()
            if time.monotonic() - last_save > save_every or time.monotonic() - started > time_budget:
                at.seconds, clock = at.seconds + time.monotonic() - clock, time.monotonic()
                saved.write()
                last_save = time.monotonic()
                if last_save - started > time_budget:
                    bar.close()
                    return history
        means = {name: total / len(order) for name, total in at.sums.items()}
        history.add(means, at.seconds + time.monotonic() - clock)
        saved.at = at = Position(epoch=at.epoch + 1)
        bar.set_postfix({name: f"{value:.4f}" for name, value in means.items()})
        saved.epoch_random = random_state(device)
        saved.write()
        last_save = time.monotonic()
    bar.close()
    return history


def _step(
    model: nn.Module,
    batch: tuple[Tensor, ...],
    objective: Objective,
    step_by: torch.optim.Optimizer,
    dtype: torch.dtype | None,
    trained: list[nn.Parameter],
    clip: float | None,
    channels_last: bool,
) -> dict[str, float]:
    """One optimiser step on one batch; the value of each term."""
    if channels_last:
        batch = tuple(t.contiguous(memory_format=torch.channels_last) if t.ndim == 4 else t for t in batch)
    with torch.autocast(batch[0].device.type, dtype=torch.bfloat16, enabled=dtype == torch.bfloat16):
        terms = objective(model, *batch)
    step_by.zero_grad(set_to_none=True)
    torch.stack(list(terms.values())).sum().backward()
    if clip is not None:
        nn.utils.clip_grad_norm_(trained, clip)
    step_by.step()
    return dict(zip(terms, torch.stack([t.detach().float() for t in terms.values()]).tolist(), strict=True))
