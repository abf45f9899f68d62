"""Our attacks against those of torchattacks, foolbox, adv-lib and AutoAttack: same images, same budget, one thread.

`make peers` installs the peers into an environment of their own and runs this; without them it says so and ends. Images
are the first n test images that the network classifies right; strength and passes are those on all of them. Times are
CPU seconds of one thread on the first hundred (thirty for the slowest), eleven rounds in which both sides take turns:
"x faster" is the median of the rounds' quotients, above 1 where ours takes less time. A stored line is measured again
where the network, the images, our settings or the peer's version changed, or with --again.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import torch
from duel import duel
from libraries import installed
from machine import cpu
from machine import load as load_average
from rows import ROWS, Row

import robustlib.chapters  # noqa: F401 (they join the registry)
from robustlib.datasets import load
from robustlib.describe import describe
from robustlib.experiments import checkpoint_path, load_model, registry
from robustlib.experiments.provenance import provenance
from robustlib.experiments.results import results_folder
from robustlib.files import sha256
from robustlib.models import Classifier

COLUMNS = ("attack", "network", "n", "by", "robust acc.", "success", "mean norm", "img/s", "forward", "backward")


def first_right(model: Classifier, dataset: str, n: int) -> tuple[torch.Tensor, torch.Tensor, str]:
    """The first n test images that the network gets right, their labels, and where they are from."""
    images = load(dataset)
    x, y = images.test[: 2 * n]
    with torch.no_grad():
        right = model(x).argmax(1) == y
    return x[right][:n], y[right][:n], images.source


def is_wanted(only: list[str], name: str, peer: str) -> bool:
    """Whether one of the words, or there is none, is part of the attack's name (and, after a /, of the peer's).

    A word that begins with = is the whole name.
    """
    pairs = [word.partition("/") for word in only]
    return not pairs or any(
        (attack[1:] == name if attack.startswith("=") else attack in name) and library in peer
        for attack, _, library in pairs
    )


def settings(row: Row, n: int, versions: dict[str, str], peer: str) -> dict[str, Any]:
    """What a stored line must share to be used again: one of other weights, images or versions is measured anew."""
    weights = sha256(checkpoint_path(row.model, 0))
    return {"network": row.model, "weights": weights, "n": n, "attack": describe(row.ours), "version": versions[peer]}


def line(name: str, network: str, n: int, by: str, found: dict[str, Any], end: str) -> str:
    """One line of the table."""
    parts = [name, network, str(n), by]
    for key in ("robust_accuracy", "success", "mean_norm"):
        parts.append("-" if found.get(key) is None else f"{found[key]:.3f}")
    parts += [f"{found[key]:.1f}" for key in ("images_per_second", "forward", "backward")]
    return "| " + " | ".join(parts) + f" | {end} |\n"


def main() -> None:
    """Measure what is asked for, line by line, and store each line as soon as it is there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=100, help="images (100)")
    parser.add_argument(
        "--only",
        nargs="*",
        default=[],
        help="parts of the names: attack, or attack/peer, e.g. DDN CW/foolbox =Square-5000",
    )
    parser.add_argument("--out", nargs="?", type=Path, const=results_folder() / "peers", help="store, and go on from")
    parser.add_argument("--again", action="store_true", help="measure anew also what is stored")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    versions = installed()
    if not versions:
        sys.stdout.write("no peer library is installed here; `make peers` installs them and compares\n")
        return
    sys.stdout.write(f"| {' | '.join(COLUMNS)} | x faster |\n|{'---|' * (len(COLUMNS) + 1)}\n")
    for name, row in ROWS.items():
        wanted = [peer for peer in row.peers if peer in versions and is_wanted(asked.only, name, peer)]
        if not wanted:
            continue
        if not checkpoint_path(row.model, 0).is_file():
            sys.stdout.write(f"| {name} | {row.model}: no checkpoint | {'| ' * (len(COLUMNS) - 1)}\n")
            continue
        model = load_model(row.model)
        try:
            x, y, source = first_right(model, registry.experiment(row.model).dataset, asked.n)
        except FileNotFoundError:
            sys.stdout.write(f"| {name} | {row.model}: {registry.experiment(row.model).dataset} is not here |\n")
            continue
        for peer in wanted:
            same = settings(row, len(x), versions, peer)
            file = asked.out / f"{name.replace(' ', '-').lower()}.json" if asked.out else None
            stored = json.loads(file.read_text()) if file and file.is_file() else {}
            found = stored.get(peer, {})
            if asked.again or {key: found.get(key) for key in same} != same:
                busy = load_average()
                try:
                    measured = duel(row, row.peers[peer], model, x, y)
                except Exception as error:  # a peer's fault must not end the comparison
                    sys.stdout.write(f"| {name} | {row.model} | {len(x)} | {peer}: {error!r:.80} |\n")
                    continue
                found = same | measured | {"source": source, "cpu": cpu(), "load": busy}
                found |= provenance(torch.device("cpu"))
                if file:
                    file.parent.mkdir(parents=True, exist_ok=True)
                    partial = file.with_suffix(".partial")
                    partial.write_text(json.dumps(stored | {peer: found}, indent=1, sort_keys=True) + "\n")
                    partial.replace(file)
            sys.stdout.write(line(name, row.model, len(x), "ours", found["ours"], f"{found['ratio']:.2f}"))
            end = f"differs by {found['largest_difference']:.1e}"
            sys.stdout.write(line(name, row.model, len(x), peer, found["peer"], end))
            sys.stdout.flush()


if __name__ == "__main__":
    main()
