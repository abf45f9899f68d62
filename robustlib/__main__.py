"""The command line of the book's results: list, missing, run, table."""

import argparse
import math
import sys

import torch

import robustlib.chapters  # noqa: F401 (they join the registry)
from robustlib.experiments import registry
from robustlib.experiments.plan import Task, missing
from robustlib.experiments.results import DamagedResult, find_result
from robustlib.experiments.workers import one_after_another, process_pool, run_all


def main(words: list[str] | None = None) -> int:
    """Parse the words and do what they say; the exit status: 1 for a damaged file, 3 where something is left to do."""
    known = sorted([*registry.experiments(), *registry.measurements()])
    parser = argparse.ArgumentParser(prog="python -m robustlib", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("list", help="every experiment and measurement, and whether its result is there")
    verbs.add_parser("missing", help="what is absent, too short, of other weights or of other code, by priority")
    table = verbs.add_parser("table", help="a table of the book: the paper's numbers beside ours")
    table.add_argument("name", choices=sorted(registry.tables()), metavar="CHAPTER/TABLE")
    runs = verbs.add_parser("run", help="train or measure; without a name what is missing, by priority")
    runs.add_argument("name", nargs="?", choices=known, metavar="NAME")
    runs.add_argument("--seed", type=int)
    runs.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    runs.add_argument("--epochs", type=int, help="instead of the planned schedule")
    runs.add_argument("--images", type=int, help="test images, instead of the planned number")
    runs.add_argument("--time-budget", type=float, default=math.inf, metavar="SECONDS")
    runs.add_argument("--again", action="store_true", help="also where a result of this schedule is there")
    runs.add_argument("--workers", type=int, default=1, help="processes side by side, one thread each")
    args = parser.parse_args(words)
    if args.verb == "list":
        return _list()
    if args.verb == "missing":
        found = missing()
        for task in found:
            sys.stdout.write(f"{task.name:44} seed {task.seed}: {task.why}\n")
        return int(any(task.damaged for task in found))
    if args.verb == "table":
        sys.stdout.write(str(registry.tables()[args.name]()) + "\n")
        return 0
    return _run(args)


def _run(args: argparse.Namespace) -> int:
    """Do the runs asked for until the time budget is spent."""
    if args.name is None:
        found = [task for task in missing() if args.seed in (None, task.seed)]
        tasks = [task for task in found if not task.damaged]
        for task in (t for t in found if t.damaged):
            sys.stdout.write(f"{task.name} seed {task.seed}: left alone: {task.why}\n")
    else:
        what = {**registry.experiments(), **registry.measurements()}[args.name]
        found = tasks = [
            Task(args.name, s, "asked for") for s in ([args.seed] if args.seed is not None else what.seeds)
        ]
    options = {"epochs": args.epochs, "n": args.images, "again": args.again, "time_budget": args.time_budget}
    done = 0
    if args.workers > 1:
        with process_pool(args.workers) as pool:
            for _, well, said in run_all(tasks, pool, args.device, **options):
                sys.stdout.write(said + "\n")
                done += well
    else:
        for _, well, said in one_after_another(tasks, args.device, **options):
            sys.stdout.write(said + "\n")
            done += well
    if len(found) > len(tasks):
        return 1
    return 0 if done == len(tasks) else 3


def _list() -> int:
    """Every experiment and measurement in a line; a result that cannot be used is named, and left out."""
    say, damaged = sys.stdout.write, []

    def there(name: str, seeds: tuple[int, ...]) -> list[dict]:
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
        say(f"{e.name:44} {e.label:22} {trained:>6} of {e.epochs} epochs, seeds {len(found)} of {len(e.seeds)}\n")
    for m in registry.measurements().values():
        found = there(m.name, m.seeds)
        rows = sum(len(result["rows"]) for result in found)
        say(f"{m.name:44} {rows:>4} rows, seeds {len(found)} of {len(m.seeds)}\n")
    for text in damaged:
        say(f"left out: {text}\n")
    return int(bool(damaged))


if __name__ == "__main__":
    sys.exit(main())
