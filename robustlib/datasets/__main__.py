"""`python -m robustlib.datasets NAME ...`: fetch datasets, check them, and say where they are."""

import argparse
import sys

from robustlib.datasets.archive import fingerprint, read_archive
from robustlib.datasets.download import Unavailable
from robustlib.datasets.folders import archive_folders, data_folder
from robustlib.datasets.forms import FORMS
from robustlib.datasets.loading import NAMES, archive, load, photographs_folder


def main(arguments: list[str] | None = None) -> int:
    """Fetch and check each named dataset; returns 1 if one of them is not to be had."""
    parser = argparse.ArgumentParser(prog="python -m robustlib.datasets", description="Fetch datasets and check them.")
    parser.add_argument("names", nargs="+", choices=NAMES, metavar="NAME", help=", ".join(NAMES))
    failed = False
    for name in parser.parse_args(arguments).names:
        try:
            sys.stdout.write(report(name) + "\n")
        except Unavailable as error:
            place = archive_folders()[0] / f"{name}.npz"
            sys.stderr.write(f"{name}: {error}; fetch it where there is a network and put it at {place}\n")
            failed = True
        except (OSError, ValueError) as error:
            sys.stderr.write(f"{name}: {error}\n")
            failed = True
    return int(failed)


def report(name: str) -> str:
    """Where a dataset lies, how many images it has, and the hash that results record. Raises as `load`."""
    verdict = ""
    if name in FORMS:
        place, form = archive(FORMS[name]), FORMS[name]
        if form.fingerprint is not None:
            if fingerprint(*read_archive(place, form)) != form.fingerprint:
                raise ValueError(f"{place}: not the official images and labels; delete it and fetch it anew")
            verdict = ", the official images and labels"
    else:
        place = data_folder() / "mnist_5k.npz" if name == "mnist_5k" else photographs_folder()
    dataset = load(name)
    sizes = f"{len(dataset.train):,} train, {len(dataset.validation):,} validation, {len(dataset.test):,} test"
    return f"{name}: {place}{verdict}\n  {sizes}\n  sha256 {dataset.sha256}"


if __name__ == "__main__":
    sys.exit(main())
