"""Grades a folder of submissions one by one: each in a process of its own, under limits, and none stops the others.

`python -m book.labs.grade dundi submissions` grades with the autograder of `_labs/dundi`, and writes `grades.csv` and a
report for each submission into `_labs/dundi/grades`.
"""

import argparse
import csv
import json
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from book.labs.watched import Limits, Watched, run

MADE = Path("_labs")
FINE, EMPTY, BROKEN, TIME, MEMORY = "graded", "empty", "broken", "time limit", "memory limit"


@dataclass(frozen=True)
class Grade:
    """What one submission got: its points by exercise, or why it could not be graded."""

    submission: str
    status: str
    points: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    megabytes: float = 0.0
    said: str = ""

    @property
    def total(self) -> float:
        """The points of all exercises."""
        return sum(self.points.values())


def environment(home: Path) -> dict[str, str]:
    """What a submission sees: one thread, the embedded data, no network for data, and a home that is thrown away."""
    seen = {"OMP_NUM_THREADS": "1", "ROBUSTLIB_OFFLINE": "1", "ROBUSTLIB_SCALE": "book", "ROBUSTLIB_STATIC": "1"}
    seen |= {"CUDA_VISIBLE_DEVICES": ""}  # as in a grading image, which has the CPU build of PyTorch
    quiet = {"TQDM_DISABLE": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1", "PYTHONHASHSEED": "0"}
    homes = {"HOME": str(home), "IPYTHONDIR": str(home / "ipython"), "JUPYTER_CONFIG_DIR": str(home / "jupyter")}
    inherited = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LANG", "VIRTUAL_ENV") if name in os.environ}
    return inherited | seen | quiet | homes | {"TMPDIR": str(home)}


def unreadable(submission: Path) -> tuple[str, str] | None:
    """The status of a file that is no notebook with code, and the reason; None for one that can be run."""
    text = submission.read_text(encoding="utf-8", errors="replace")
    if not text.strip():
        return EMPTY, "the file is empty"
    try:
        cells = json.loads(text)["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code" and "".join(cell["source"]).strip()]
    except (ValueError, KeyError, TypeError) as error:
        return BROKEN, f"no notebook: {type(error).__name__}"
    return None if code else (EMPTY, "the notebook has no code")


def grade(submission: Path, archive: Path, limits: Limits, report: Path) -> Grade:
    """Grade one submission; whatever it does, this returns. The report is otter's, with what each test said."""
    if found := unreadable(submission):
        status, said = found
        return Grade(submission.name, status, said=said)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        shutil.copy(submission, home / "submission.ipynb")
        command = [sys.executable, "-m", "otter", "run", "-a", str(archive.resolve()), "-o", folder, "--no-logo"]
        ended = run([*command, "submission.ipynb"], limits, home, environment(home), home / "log.txt")
        results = home / "results.json"
        if ended.ended == "done" and results.exists():
            shutil.copy(results, report)
            return scored(submission.name, json.loads(results.read_text(encoding="utf-8")), ended)
        why = {"time": TIME, "memory": MEMORY}.get(ended.ended, BROKEN)
        said = f"stopped at {limits.seconds:g} s" if why == TIME else f"stopped at {limits.gigabytes:g} GB"
        if why == BROKEN:
            last = (home / "log.txt").read_text(encoding="utf-8", errors="replace").strip().split("\n")[-1]
            said = f"otter ended with {ended.code}: {last[-200:]}"
        return Grade(submission.name, why, {}, ended.seconds, ended.megabytes, said)


def scored(name: str, results: dict[str, Any], ended: Watched) -> Grade:
    """The grade in otter's results."""
    tests = [test for test in results["tests"] if "score" in test]
    points = {str(test["name"]): float(test["score"]) for test in tests}
    return Grade(name, FINE if points else BROKEN, points, ended.seconds, ended.megabytes)


def batch(folder: Path, archive: Path, limits: Limits, out: Path) -> list[Grade]:
    """Grade each notebook of a folder and below, in the order of their paths, and store the table after each.

    Raises: FileNotFoundError for a folder without notebooks.
    """
    submissions = [p for p in sorted(folder.rglob("*.ipynb")) if ".ipynb_checkpoints" not in p.parts]
    if not submissions:
        raise FileNotFoundError(f"there is no notebook in {folder}: name the folder by SUBMISSIONS=")
    out.mkdir(parents=True, exist_ok=True)
    grades: list[Grade] = []
    for path in submissions:
        name = path.relative_to(folder).as_posix()
        one = grade(path, archive, limits, out / f"{name.removesuffix('.ipynb').replace('/', '-')}.json")
        grades.append(Grade(name, one.status, one.points, one.seconds, one.megabytes, one.said))
        store(grades, out / "grades.csv")
        sys.stdout.write(f"{name}: {one.status}, {one.total:g} points, {one.seconds:.0f} s {one.said}\n")
        sys.stdout.flush()
    return grades


def store(grades: list[Grade], path: Path) -> None:
    """Write the table of grades; an exercise that a submission did not reach counts 0."""
    exercises = list(dict.fromkeys(name for one in grades for name in one.points))
    with path.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out)
        table.writerow(["submission", "status", "points", *exercises, "cpu_seconds", "megabytes", "said"])
        for one in grades:
            row = [f"{one.points.get(name, 0):g}" for name in exercises]
            measured = [f"{one.seconds:.1f}", f"{one.megabytes:.0f}", one.said]
            table.writerow([one.submission, one.status, f"{one.total:g}", *row, *measured])


def archive_of(lab: str, made: Path = MADE) -> Path:
    """The autograder of a lab. Raises: FileNotFoundError where it was not made."""
    archive = made / lab / "autograder" / f"{lab}-autograder.zip"
    if not archive.is_file():
        raise FileNotFoundError(f"there is no {archive}; run `make labs` first")
    return archive


def main() -> None:
    """Grade a folder from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lab")
    parser.add_argument("submissions", type=Path)
    parser.add_argument("--seconds", type=float, default=Limits.seconds, help="CPU seconds for each notebook")
    parser.add_argument("--gigabytes", type=float, default=Limits.gigabytes)
    asked = parser.parse_args()
    limits = Limits(asked.seconds, asked.gigabytes)
    try:
        batch(asked.submissions, archive_of(asked.lab), limits, MADE / asked.lab / "grades")
    except FileNotFoundError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
