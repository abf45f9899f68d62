"""The overlay: an instructor's private tests, in a folder outside the repository.

`OVERLAY/<lab>/<exercise>.py` holds functions `test_...` as the notebook has them: their parameters are names of the
notebook, the answer among them. One with the name of a test of the exercise replaces it; others join. All are hidden.
"""

import ast
from pathlib import Path

from book.labs.exercise import Test


def private_tests(folder: Path, lab: str) -> dict[str, tuple[Test, ...]]:
    """The private tests for a lab, by exercise.

    Raises: ValueError for a file that holds anything but functions `test_...`, which are all that otter takes.
    """
    return {path.stem: tests_in(path) for path in sorted((folder / lab).glob("*.py"))}


def tests_in(path: Path) -> tuple[Test, ...]:
    """The tests of one file."""
    body = ast.parse(path.read_text(encoding="utf-8"), str(path)).body
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    for node in body:
        if not (isinstance(node, ast.FunctionDef) and node.name.startswith("test_")):
            raise ValueError(
                f"{path}, line {node.lineno}: a private test is a function test_...; put imports inside it"
            )
    if not body:
        raise ValueError(f"{path}: no test in it")
    return tuple(Test(ast.unparse(node), True, str(path)) for node in body)


def check_folder(folder: Path, labs: list[str]) -> None:
    """Raises: ValueError unless the overlay is a folder, and each folder in it has the name of a lab."""
    if not folder.is_dir():
        raise ValueError(f"OVERLAY={folder} is no folder")
    unknown = sorted(path.name for path in folder.iterdir() if path.is_dir() and path.name[0] not in "._")
    unknown = [name for name in unknown if name not in labs]
    if unknown:
        raise ValueError(f"{folder} has folders that are no lab: {', '.join(unknown)}; labs are {', '.join(labs)}")
