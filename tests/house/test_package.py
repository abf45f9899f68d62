"""What `pip install` brings: the code, the embedded data, the results and the checkpoints, and nothing else."""

import ast
import importlib.util
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ("results", "checkpoints", "paper_tables")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_wheel_holds_what_the_notebooks_load(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "robustlib/data/mnist_5k.npz" in names
    for folder in SHIPPED:
        files = [path.relative_to(ROOT).as_posix() for path in (ROOT / "data" / folder).rglob("*") if path.is_file()]
        assert {f"robustlib/{name}" for name in files} <= names
        assert files, f"data/{folder} is empty"
    pages = [path.relative_to(ROOT).as_posix() for end in ("css", "js") for path in ROOT.glob(f"robustlib/**/*.{end}")]
    assert set(pages) <= names and len(pages) > 10
    assert not [name for name in names if name.startswith(("tests/", "book/", "data/")) or "/runs/" in name]


def test_installed_package_finds_its_data_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    code = (
        "import robustlib; from robustlib.datasets import load, data_folder;"
        "from robustlib.figures import frames;"
        "print(robustlib.__file__); print(data_folder()); print(len(load('mnist_5k').test));"
        "print('setProperty' in frames([[[0.0]]], [0], ['x'], alt='y').html)"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ROBUSTLIB_")}
    environment |= {"PYTHONPATH": str(tmp_path / "site"), "ROBUSTLIB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True, capture_output=True, text=True
    )
    module, data, images, scripted = done.stdout.splitlines()
    assert Path(module).is_relative_to(tmp_path) and Path(data).is_relative_to(tmp_path) and images == "1000"
    assert scripted == "True"


@pytest.mark.parametrize("path", sorted((ROOT / "benchmarks").rglob("*.py")), ids=lambda path: path.stem)
def test_a_benchmark_imports_what_the_library_has(path: Path) -> None:
    """Nothing else runs them: a name that moved would be noticed by whoever wants a number."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "robustlib":
            module = importlib.import_module(str(node.module))
            for name in node.names:
                assert hasattr(module, name.name) or importlib.util.find_spec(f"{node.module}.{name.name}"), name.name
