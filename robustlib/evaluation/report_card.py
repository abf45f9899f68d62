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
from robustlib.evaluation.card.check import CANNOT, PASSES, Check, Finding, Question
from robustlib.evaluation.card.report import ReportCard as ReportCard
from robustlib.evaluation.card.variations import in_words
from robustlib.evaluation.resume import described, identity
from robustlib.evaluation.verdicts import images_and_labels
from robustlib.files import parsing, read_state, write_state
from robustlib.geometry import Linf
from robustlib.interfaces import Attack
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
    without a verdict. Every measurement is made once and seeded by its name, whatever checks are asked. The passes
    of each check are counted; those of a feature function that does not go through the model are not. Data on another
    device than the model are moved to it. An attack that leaves the ball of radius eps, or [0, 1], ends the card,
    and so does one that cannot run.
    With a `checkpoint` path every measurement is kept: called again with the same arguments, the card goes on.

    Raises: ValueError for bad images, labels, eps, settings, models that answer anything but logits, a checkpoint of
    another card, and unknown names in `only`; TypeError for what is no model.
    """
    started = time.monotonic()
    x, y = images_and_labels(data)
    there = next(chain(model.parameters(), model.buffers()), x).device if isinstance(model, nn.Module) else x.device
    x, y = x.to(there), y.to(there)
    check_model(model, x)
    named = dict(attacks) if isinstance(attacks, Mapping) else {type(attacks).__name__: attacks}
    if not eps > 0 or not named:
        raise ValueError(f"a card needs an attack and a radius eps > 0, got {len(named)} attacks and eps = {eps}")
    if "clean" in named:
        raise ValueError('"clean" is the name of the images without an attack; call the attack something else')
    chosen = {question.name for question in QUESTIONS} if only is None else set(only)
    if unknown := chosen - {question.name for question in QUESTIONS}:
        raise ValueError(
            f"no such check: {', '.join(sorted(unknown))}; there are {', '.join(q.name for q in QUESTIONS)}"
        )
    bench = Bench(model, x, y, named, eps, Settings(**{"norm": Linf()} | settings))
    if checkpoint is not None:
        keep_in(bench, Path(checkpoint))
    asked, checks, stopped = [reach.INSIDE, *(q for q in QUESTIONS if q.name in chosen)], [], ""
    right = bench.clean()
    with tqdm(asked, disable=not progress, unit="check") as bar:
        for question in bar:
            bar.set_description(question.name)
            checks.append(asked_of(question, bench))
            if question is reach.INSIDE and checks[0].verdict != PASSES:
                checks += [asked_of(each, bench) for each in gradients.QUESTIONS[:1]]
                stopped = f"{checks[0].measured}. {reach.INSIDE.what_to_do}"
                break
    ran = checks[0].verdict != CANNOT
    stands = bench.evaluation() if ran else None
    robust = None if stands is None else int(stands.sum()) / bench.n
    total = sum(check.passes for check in checks)
    said = tuple(f"{name}: {in_words(attack)}"[:300] for name, attack in named.items())
    facts = (type(model).__name__, said, type(bench.settings.norm).__name__, eps, bench.n, bench.settings.seed)
    spent = time.monotonic() - started
    return ReportCard(*facts, int(right.sum()) / bench.n, robust, total, spent, tuple(checks), stopped)


def asked_of(question: Question, bench: Bench) -> Check:
    """One line of the card; an attack or a model that refuses the question leaves it unjudged, with what it said."""
    bench.spent = 0
    try:
        finding = question.ask(bench)
    except ValueError as error:
        finding = Finding(CANNOT, f"it could not be measured: {error}")
    passes = bench.spent / bench.n
    return Check(question.name, finding.measured, finding.verdict, question.why, question.what_to_do, passes)


def keep_in(bench: Bench, path: Path) -> None:
    """Read what was measured for this very card, and have every further measurement written.

    Raises: ValueError for a damaged file, or one of another card; TypeError for an attack without a name (a lambda).
    """
    what, way_out = "checkpoint of a report card", "delete it to start this card anew, or give this one its own path"
    call = identity(bench.model, bench.attacks, bench.x, bench.y)
    call |= {f.name: str(described(getattr(bench.settings, f.name))) for f in fields(bench.settings)}
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
