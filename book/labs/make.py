"""Makes the labs: `python -m book.labs.make` for every chapter, or for the labs that are named.

Refuses before otter runs, and names the cell. Then each lab is made in `_labs/<lab>`, and its solutions and its student
notebook are graded as submissions are: full points, and none. `--store` keeps what that took, for INSTRUCTORS.md.
"""

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

from book.labs import archive, costs, overlay, page, refusals, source
from book.labs.grade import MADE, Grade, grade
from book.labs.lab import ROOT, Lab, labs_of
from book.labs.leaks import leaks
from book.labs.watched import Limits

SECONDS = 600  # by the clock, in a grading image; the slowest lab takes a tenth of it


class Refused(Exception):
    """A lab that is not made, with the cells that are wrong."""


def notebooks() -> list[Path]:
    """The chapters."""
    return sorted((ROOT / "book").rglob("*.ipynb"))


def wanted(paths: list[Path], names: list[str], private: Path | None) -> list[Lab]:
    """The labs that are asked for, with the overlay. Raises: Refused with all that is wrong with them."""
    found = [lab for path in paths for lab in labs_of(path)]
    unknown = sorted(set(names) - {lab.name for lab in found})
    if unknown:
        raise Refused(f"no such lab: {', '.join(unknown)}; there are {', '.join(lab.name for lab in found)}")
    chosen = [lab for lab in found if not names or lab.name in names]
    where = {lab.notebook for lab in chosen}
    faults = [f for p in paths if _shown(p) in where for f in refusals.of_notebook(nbformat.read(p, 4), _shown(p))]
    if private:
        try:
            overlay.check_folder(private, [lab.name for lab in found])
            chosen = [lab.with_overlay(overlay.private_tests(private, lab.name)) for lab in chosen]
        except ValueError as error:
            raise Refused(str(error)) from error
    faults += [fault for lab in chosen for fault in refusals.of_lab(lab)]
    if faults:
        raise Refused("\n".join(faults))
    return chosen


def _shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name


def tried(paths: list[Path], names: list[str], private: Path | None) -> None:
    """Try every test on stub and solution, in another process. Raises: Refused with what is wrong."""
    command = [sys.executable, "-m", "book.labs.trial", str(private or ""), ",".join(names), *map(str, paths)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise Refused(done.stderr)
    if faults := json.loads(done.stdout):
        raise Refused("\n".join(faults))


def assign(lab: Lab, library: Path, out: Path) -> None:
    """Make one lab with otter: `student` and `autograder`. Raises: Refused where a solution or a hidden test leaks."""
    from otter.assign import main as otter_assign

    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    (out / "source").mkdir()
    notebook = out.resolve() / "source" / f"{lab.name}.ipynb"
    nbformat.write(source.notebook(lab), notebook)
    otter_assign(str(notebook), str(out.resolve()), no_run_tests=True, no_pdfs=True)
    without_blanks(out / "student" / notebook.name)
    if found := list(leaks(lab, out / "student")):
        shutil.rmtree(out)
        raise Refused("\n".join(found))
    (zipped,) = (out / "autograder").glob("*.zip")
    archive.finish(zipped, library, SECONDS, out / "autograder" / f"{lab.name}-autograder.zip")


def without_blanks(path: Path) -> None:
    """Take out the empty cells that otter leaves in the place of solutions."""
    notebook = nbformat.read(path, 4)
    notebook.cells = [cell for cell in notebook.cells if cell.source.strip()]
    nbformat.write(notebook, path)


def both(lab: Lab, out: Path, limits: Limits) -> tuple[Grade, Grade]:
    """The grades of the solutions and of the untouched student notebook. Raises: Refused unless full and none."""
    zipped = out / "autograder" / f"{lab.name}-autograder.zip"
    folders = ("autograder", "student")
    best, none = (grade(out / f / f"{lab.name}.ipynb", zipped, limits, out / f"{f}.json") for f in folders)
    if best.total != lab.points or none.total or {best.status, none.status} != {"graded"}:
        raise Refused(f"{lab.name}: of {lab.points} points the solutions got {best}, the stubs {none}")
    return best, none


def main() -> int:
    """Make labs, and say of each what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("labs", nargs="*")
    parser.add_argument("--overlay", type=Path)
    parser.add_argument("--out", type=Path, default=MADE)
    parser.add_argument("--store", action="store_true", help="keep what was measured, and write it into INSTRUCTORS.md")
    asked = parser.parse_args()
    private = asked.overlay.resolve() if asked.overlay else None
    try:
        chosen = wanted(notebooks(), asked.labs, private)
        tried([p for p in notebooks() if _shown(p) in {lab.notebook for lab in chosen}], asked.labs, private)
        library = archive.wheel(asked.out / "wheel")
        for lab in chosen:
            assign(lab, library, asked.out / lab.name)
            best, none = both(lab, asked.out / lab.name, Limits())
            line = (
                f"{lab.name}: {best.total:g} of {lab.points} points for the solutions, {none.total:g} for the stubs, "
            )
            sys.stdout.write(f"{line}{best.seconds:.0f} s of CPU time, {best.megabytes:.0f} MB\n")
            sys.stdout.flush()
            if asked.store:
                costs.keep(lab, best)
                page.main()
    except Refused as error:
        sys.stderr.write(f"Refused:\n{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
