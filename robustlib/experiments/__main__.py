"""The command line of the experiments: list, missing, run, table."""

import argparse
import math
import sys
import time
from typing import Any

import torch

from robustlib.experiments import EXPERIMENTS, SURVEYS, TABLES, missing, survey, surveyed
from robustlib.experiments.results import DamagedResult, find_result, load_result, result_path, trained_epochs
from robustlib.experiments.runner import attempt


def main(words: list[str] | None = None) -> int:
    """Parse the words and do what they say; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m robustlib.experiments", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("list", help="every experiment, its schedule, and whether its result is there")
    verbs.add_parser("missing", help="runs whose result is absent or below the paper's schedule, by worth")
    table = verbs.add_parser("table", help="a paper's table beside our numbers")
    table.add_argument("name", choices=sorted(TABLES), metavar="PAPER/TABLE", help=" | ".join(sorted(TABLES)))
    runs = verbs.add_parser("run", help="train and evaluate, or survey; without a name, what is missing, by worth")
    runs.add_argument("name", nargs="?", choices=sorted(EXPERIMENTS | SURVEYS), metavar="NAME")
    runs.add_argument("--seed", type=int)
    runs.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    runs.add_argument("--epochs", type=int, help="instead of the planned schedule")
    runs.add_argument("--images", type=int, help="test images, instead of the planned number")
    runs.add_argument("--time-budget", type=float, default=math.inf, metavar="SECONDS")
    runs.add_argument("--again", action="store_true", help="also where a result of this schedule is there")
    args = parser.parse_args(words)
    say = sys.stdout.write
    if args.verb == "list":
        return _list()
    if args.verb == "missing":
        for name, seed, why in missing():
            say(f"{name:28} seed {seed}: {why}\n")
        return 0
    if args.verb == "table":
        say(str(TABLES[args.name]()) + "\n")
        return 0
    return _run(args)


def _run(args: argparse.Namespace) -> int:
    """Do the runs asked for until the time budget is spent."""
    started, say, status = time.monotonic(), sys.stdout.write, 0
    if args.name is None:
        todo = [(name, seed) for name, seed, _ in missing() if args.seed in (None, seed)]
    elif args.name in SURVEYS:
        todo = [(args.name, SURVEYS[args.name].seed)]
    else:
        todo = [(args.name, s) for s in ([args.seed] if args.seed is not None else EXPERIMENTS[args.name].seeds)]
    for name, seed in todo:
        left = args.time_budget - (time.monotonic() - started)
        if left <= 0:
            say(f"{name} seed {seed}: the time budget is spent; call again to go on\n")
            return 3
        try:
            result = _done(name, seed, args, left)
        except DamagedResult as error:  # one bad file is no reason to leave the other runs undone
            result, status = f"{name} seed {seed}: left alone: {error}", 1
        if isinstance(result, str):
            say(f"{result}\n")
            status = status or 3
            continue
        if name in SURVEYS:
            say(f"{name} seed {seed}: {result_path(name, seed)}\n")
            continue
        clean = result["outcomes"]["clean"]
        trained = result["schedule"]
        say(f"{name} seed {seed}: {trained['epochs']} of {trained['paper_epochs']} epochs, ")
        say(f"clean {100 * clean['accuracy']:.2f} % of {clean['n']}, {result_path(name, seed)}\n")
    return status


def _done(name: str, seed: int, args: argparse.Namespace, time_budget: float) -> dict[str, Any] | str:
    """The result of one run or survey, or the sentence why there is none."""
    if name in EXPERIMENTS:
        options = {"device": args.device, "epochs": args.epochs, "n": args.images, "again": args.again}
        return attempt(EXPERIMENTS[name], seed, time_budget=time_budget, **options)
    planned = SURVEYS[name]
    if not args.again and surveyed(planned):
        return load_result(name, seed)
    found = survey(planned, device=args.device, n=args.images, again=args.again)
    return f"{name} seed {seed}: another worker has it" if found is None else found


def _list() -> int:
    """Every experiment and survey in a line; a result that cannot be used is named, and left out."""
    say, damaged = sys.stdout.write, []
    for e in EXPERIMENTS.values():
        epochs = []
        for seed in e.seeds:
            try:
                found = find_result(e.name, seed)
                epochs += [] if found is None else [trained_epochs(found)]
            except DamagedResult as error:
                damaged.append(str(error))
        trained = ", ".join(map(str, sorted(set(epochs)))) or "none"
        say(f"{e.name:28} {e.row:22} {trained:>6} of {e.epochs} epochs, seeds {len(epochs)} of {len(e.seeds)}\n")
    for s in SURVEYS.values():
        try:
            there = "there" if surveyed(s) else "missing"
        except DamagedResult as error:
            there = "damaged"
            damaged.append(str(error))
        say(f"{s.name:28} survey of {s.of.name}: {there}\n")
    for text in damaged:
        say(f"left out: {text}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
