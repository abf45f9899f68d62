"""The command line of the book's results: list, missing, run, table; and the report card of any evaluation."""

import argparse
import math
import os
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from robustlib.experiments import registry
from robustlib.experiments.plan import Task, missing
from robustlib.experiments.results import DamagedResult, find_result
from robustlib.experiments.workers import CHAPTERS, DAMAGED, DONE, LEFT, one_after_another, process_pool, run_all


def main(words: list[str] | None = None) -> int:
    """Parse the words and do what they say; the exit status: 1 for a damaged file, 3 where something is left to do."""
    import_module(CHAPTERS)
    parser = argparse.ArgumentParser(prog="python -m robustlib", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("list", help="every experiment and measurement, and whether its result is there")
    verbs.add_parser("missing", help="what is absent, too short, of other weights or of other code, by priority")
    table = verbs.add_parser("table", help="a table of the book: the paper's numbers beside ours")
    table.add_argument("name", metavar="CHAPTER/TABLE")
    runs = verbs.add_parser("run", help="train or measure; without a name what is missing, by priority")
    runs.add_argument("name", nargs="?", metavar="NAME")
    runs.add_argument("--seed", type=int)
    runs.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    runs.add_argument("--epochs", type=int, help="instead of the planned schedule")
    runs.add_argument("--images", type=int, help="test images, instead of the planned number")
    runs.add_argument("--time-budget", type=float, default=math.inf, metavar="SECONDS")
    runs.add_argument("--again", action="store_true", help="also where a result of this schedule is there")
    runs.add_argument("--workers", type=int, default=1, help="processes side by side, one thread each")
    card = verbs.add_parser("card", help="judge an evaluation: FILE.py names model, data, attacks and eps")
    card.add_argument("file", metavar="FILE.py", type=Path)
    card.add_argument("--out", metavar="PAGE.html", type=Path, help="the page, and beside it the same as JSON")
    args = parser.parse_args(words)
    if args.verb == "card":
        return judged(args.file, args.out, parser)
    try:
        make = registry.table(args.name) if args.verb == "table" else None
        tasks = tasks_for(args.name, args.seed) if args.verb == "run" else []
    except LookupError as error:
        parser.error(str(error))
    if make is not None:
        say([str(make())])
        return DONE
    return {"list": listed, "missing": lacking}[args.verb]() if args.verb != "run" else run(tasks, args)


def judged(file: Path, out: Path | None, parser: argparse.ArgumentParser) -> int:
    """The report card of the evaluation that a file names, as text and, with `out`, as a page and its JSON."""
    from robustlib.evaluation.card.from_file import card_of

    try:
        card = card_of(file, checkpoint=None if out is None else out.with_suffix(".part"))
    except (OSError, LookupError) as error:
        parser.error(str(error))
    if out is not None:
        from robustlib.figures.page.report_card import write_page

        write_page(card, out)
        out.with_suffix(".part").unlink(missing_ok=True)
    say([str(card)])
    return DONE


def tasks_for(name: str | None, seed: int | None) -> list[Task]:
    """What is asked for: one name with the seed or all of its seeds, or what is missing. Raises: LookupError."""
    if name is None:
        return [task for task in missing() if seed in (None, task.seed)]
    return [Task(name, s, "asked for") for s in (registry.planned(name).seeds if seed is None else (seed,))]


def run(tasks: list[Task], args: argparse.Namespace) -> int:
    """Do the runs asked for until the time budget is spent; damaged ones are named, and left alone."""
    whole, broken = ([task for task in tasks if task.damaged is damaged] for damaged in (False, True))
    say(f"{task.name} seed {task.seed}: left alone: {task.why}" for task in broken)
    options: dict[str, Any] = {"epochs": args.epochs, "n": args.images, "again": args.again}
    options |= {"time_budget": args.time_budget}
    became = [DAMAGED for _ in broken]
    with ExitStack() as stack:
        if args.workers > 1:
            pool = stack.enter_context(process_pool(args.workers))
            done = run_all(whole, pool, args.device, progress=False, **options)
        else:
            done = one_after_another(whole, args.device, **options)
        for _, status, said in done:
            say([said])
            became.append(status)
    if DAMAGED in became:
        return DAMAGED
    return LEFT if LEFT in became or len(became) < len(tasks) else DONE


def lacking() -> int:
    """What is to be run, and why."""
    tasks = missing()
    say(f"{task.name:44} seed {task.seed}: {task.why}" for task in tasks)
    return DAMAGED if any(task.damaged for task in tasks) else DONE


def listed() -> int:
    """Every experiment and measurement in a line; a result that cannot be used is named, and left out."""
    damaged: list[str] = []

    def there(name: str, seeds: tuple[int, ...]) -> list[dict[str, Any]]:
        found = []
        for seed in seeds:
            try:
                result = find_result(name, seed)
                found += [] if result is None else [result]
            except DamagedResult as error:
                damaged.append(str(error))
        return found

    for e in registry.experiments().values():
        found = there(e.name, e.seeds)
        trained = ", ".join(map(str, sorted({r["schedule"]["epochs"] for r in found}))) or "none"
        say([f"{e.name:44} {e.label:22} {trained:>6} of {e.epochs} epochs, seeds {len(found)} of {len(e.seeds)}"])
    for m in registry.measurements().values():
        found = there(m.name, m.seeds)
        rows = sum(len(result["rows"]) for result in found)
        say([f"{m.name:44} {rows:>4} rows, seeds {len(found)} of {len(m.seeds)}"])
    say(f"left out: {text}" for text in damaged)
    return DAMAGED if damaged else DONE


def say(lines: Iterable[str]) -> None:
    """Print the lines, at once; if nobody reads on (`| head`), the work goes on without a word."""
    for line in lines:
        try:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
        except BrokenPipeError:  # also at exit, when Python flushes once more
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
