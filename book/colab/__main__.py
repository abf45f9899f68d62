"""Makes readers' notebooks of the chapters: `python -m book.colab [PAGE ...]`, or `make colab` for all of them.

They stand under --out as the chapters stand under book/, so that a branch which holds that folder and nothing else is
what the Colab buttons of the pages open.
"""

import argparse
import sys
from pathlib import Path

import nbformat

from book.colab.online import online
from book.colab.reader import reader_notebook
from book.colab.refused import Refused
from book.setup_cell import ROOT, notebooks, page_of, release


def main() -> int:
    """Convert, and say how many; a chapter that is refused stops nothing, and is named at the end."""
    parser = argparse.ArgumentParser(prog="python -m book.colab", description=__doc__)
    parser.add_argument("notebook", nargs="*", type=Path, help="default: every notebook of _toc.yml")
    parser.add_argument("--out", type=Path, default=ROOT / "_colab", help="folder of the converted notebooks")
    parser.add_argument("--release", help="what pip installs, in place of [tool.robustlib] of pyproject.toml")
    arguments = parser.parse_args()
    install = release() if arguments.release is None else arguments.release
    refused, made = [], 0
    for path in [given.resolve() for given in arguments.notebook] or notebooks():
        try:
            notebook = reader_notebook(nbformat.read(path, as_version=4), page_of(path), online(), install)
        except Refused as reason:
            refused.append(str(reason))
            continue
        to = arguments.out / f"{page_of(path)}.ipynb"
        to.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, to)
        made += 1
    sys.stdout.write(f"{made} notebooks in {arguments.out}\n")
    if not install:
        sys.stdout.write("nothing is released yet ([tool.robustlib] of pyproject.toml): the setup cells say so\n")
    if not online().base:
        sys.stdout.write("the pages have no address yet (html_baseurl of _config.yml): links to them are words\n")
    sys.stderr.write("".join(f"refused: {reason}\n" for reason in refused))
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
