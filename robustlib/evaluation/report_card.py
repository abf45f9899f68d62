"""The report card: would this evaluation have passed?"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import fields
from itertools import chain
from pathlib import Path
from typing import Any

from torch import nn
from tqdm.auto import tqdm

from robustlib.door import check_model
from robustlib.evaluation.card import binarisation, budget, defence, envelope, gradients, on_the_way, reach, rivals
from robustlib.evaluation.card.bench import Bench, Settings
from robustlib.evaluation.card.check import CANNOT, FAILS, PASSES, Check, Finding, Question
from robustlib.evaluation.card.door import check_evaluation
from robustlib.evaluation.card.limit import LimitReached
from robustlib.evaluation.card.report import ReportCard as ReportCard
from robustlib.evaluation.card.variations import in_words
from robustlib.evaluation.resume import described, identity
from robustlib.evaluation.verdicts import images_and_labels
from robustlib.files import parsing, read_state, write_state
from robustlib.geometry import Linf
from robustlib.interfaces import Attack
from robustlib.modes import evaluating, in_float32
from robustlib.source import fingerprint_of

QUESTIONS = (
    *defence.QUESTIONS[:1], *reach.QUESTIONS, *gradients.QUESTIONS, *on_the_way.QUESTIONS,
    *budget.QUESTIONS, *binarisation.QUESTIONS, *rivals.QUESTIONS, *envelope.QUESTIONS, *defence.QUESTIONS[1:],
)  # fmt: skip


def report_card(
    model: nn.Module,
    data: Any,  # a Split, or (x, y)
    attacks: Mapping[str, Attack] | Attack,
    eps: float,
    *,
    progress: bool = False,
    checkpoint: Path | str | None = None,
    only: Iterable[str] | None = None,  # names of checks; None: all
    **settings: Any,  # fields of `Settings`: norm, seed, batch, passes, queries, source, features, detector, ...
) -> ReportCard:
    """Judge an evaluation, `attacks` on `model` at radius `eps`: a verdict for each check, why, and what to do.

    The attacks are judged together, image by image, as worst case; only images that the model gets right are attacked.
    Each check fails, passes, or cannot be judged. Two runs of one attack may differ by 2 % of the images, and by one,
    without a verdict; with one image that is right at first there is none. Every measurement is made once and seeded by
    its name, whatever checks are asked; random numbers of an attack's or a model's own generator no seed reaches.
    The passes of each check are counted, forward and backward, for each image; those through the source of a transfer,
    and of a feature function that does not go through the model, are not. With `limit` the card spends at most so many
    an image: what would take more is stopped before it does, and left unjudged.
    The model is held in eval mode; data on another device than the model are moved to it. The card ends where no image
    is right before an attack, and with an attack that leaves the ball of radius eps or [0, 1], changes the model, or
    cannot run.
    With a `checkpoint` path every measurement is kept: called again with the same arguments, the card goes on, also
    with another `limit` or `only`.

    Raises: ValueError for bad images, labels, settings, an eps beyond the whole box, a targeted attack, models that
    answer anything but logits, a checkpoint of another card, and unknown names in `only`; TypeError for what is no
    model, and for what is no attack. Any other error of an attack or a model gets a note that names the check.
    """
    started = time.monotonic()
    x, y = images_and_labels(data)
    there = next(chain(model.parameters(), model.buffers()), x).device if isinstance(model, nn.Module) else x.device
    x, y = x.to(there), y.to(there)
    check_model(model, x)
    named = dict(attacks) if isinstance(attacks, Mapping) else {type(attacks).__name__: attacks}
    bench = Bench(model, x, y, named, eps, Settings(**{"norm": Linf()} | settings))
    check_evaluation(bench)
    chosen = (
        {question.name for question in QUESTIONS} if only is None else {only} if isinstance(only, str) else set(only)
    )
    if unknown := chosen - {question.name for question in QUESTIONS}:
        raise ValueError(
            f"no such check: {', '.join(sorted(unknown))}; there are {', '.join(q.name for q in QUESTIONS)}"
        )
    if checkpoint is not None:
        keep_in(bench, Path(checkpoint))
    checks, stopped = [], ""
    asked = [reach.INSIDE, *(q for q in QUESTIONS if q.name in chosen)]
    with evaluating(model), in_float32(there), tqdm(asked, disable=not progress, unit="check") as bar:
        right = bench.clean()
        for question in bar:
            bar.set_description(question.name)
            checks.append(asked_of(question, bench))
            if question is reach.INSIDE and checks[0].verdict != PASSES:
                failed = checks[0].verdict == FAILS
                stopped = f"{checks[0].measured}. {reach.INSIDE.what_to_do}" if failed else checks[0].measured
                checks += [asked_of(each, bench) for each in gradients.QUESTIONS[:1] if right.any()]
                break
    robust = int(bench.evaluation().sum()) / bench.n if checks[0].verdict != CANNOT else None
    total = bench.total / bench.n
    said = tuple(f"{name}: {in_words(attack)}"[:300] for name, attack in named.items())
    facts = (type(model).__name__, said, type(bench.settings.norm).__name__, eps, bench.n, bench.settings.seed)
    spent = time.monotonic() - started
    shares = int(right.sum()) / bench.n, robust
    return ReportCard(*facts, *shares, total, spent, tuple(checks), stopped, bench.settings.limit)


def asked_of(question: Question, bench: Bench) -> Check:
    """One line of the card; an attack or a model that refuses the question leaves it unjudged, with what it said."""
    try:
        finding = question.ask(bench)
    except LimitReached:
        finding = Finding(CANNOT, f"left unjudged: the limit of {bench.settings.limit} passes an image is reached")
    except ValueError as error:
        finding = Finding(CANNOT, f"it could not be measured: {error}")
    except Exception as error:
        error.add_note(f'raised while the report card asked about "{question.name}"')
        raise
    passes, bench.spent = bench.spent / bench.n, 0
    return Check(question.name, finding.measured, finding.verdict, question.why, question.what_to_do, passes)


def keep_in(bench: Bench, path: Path) -> None:
    """Read what was measured for this very card, and have every further measurement written.

    Raises: ValueError for a damaged file, or one of another card; TypeError for an attack without a name (a lambda).
    """
    what, way_out = "checkpoint of a report card", "delete it to start this card anew, or give this one its own path"
    call = identity(bench.model, bench.attacks, bench.x, bench.y)
    settings = [f.name for f in fields(bench.settings) if f.name != "limit"]  # what is measured does not follow from it
    call |= {name: str(described(getattr(bench.settings, name))) for name in settings}
    call |= {"eps": str(bench.eps), "source of the card": fingerprint_of(report_card)}
    try:
        state = read_state(path, what, way_out)
    except FileNotFoundError:
        state = {"call": call, "known": {}}
    with parsing(path, what, way_out):
        there, known = dict(state["call"]), {str(name): dict(values) for name, values in state["known"].items()}
    differs = [part for part in {**call, **there} if call.get(part) != there.get(part)]
    if differs:
        raise ValueError(f"{path}: belongs to another card; what differs: {', '.join(differs)}. {way_out}")
    bench.known = known
    bench.save = lambda: write_state(path, {"call": call, "known": bench.known})
