"""What `pip install` brings: the code, the embedded data, the results and the checkpoints, and nothing else."""

import ast
import importlib.util
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ["robustlib", *(f"data/{name}" for name in ("mnist_5k.npz", "results", "checkpoints", "paper_tables"))]


@pytest.fixture(scope="module")
def distribution() -> Any:
    spec = importlib.util.spec_from_file_location("distribution", ROOT / "release" / "distribution.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def built(distribution: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sdist, and the wheel that is made of it."""
    return distribution.build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def wheel(built: tuple[Path, Path]) -> Path:
    return built[1]


def in_the_repository(*under: str) -> set[str]:
    asked = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *under]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("not a checkout")
    return {name for name in done.stdout.splitlines() if (ROOT / name).is_file()}


def test_sdist_and_wheel_hold_what_the_repository_ships_and_nothing_else(built: tuple[Path, Path]) -> None:
    sdist, wheel = built
    files = in_the_repository(*SHIPPED)
    for part in SHIPPED:
        assert any(name.startswith(part) for name in files), f"{part} is empty"
    with tarfile.open(sdist) as packed:
        sources = {name.split("/", 1)[1] for name in packed.getnames()}
    assert files <= sources
    assert sources - files == {".gitignore", "LICENSE", "LICENSE-text", "PKG-INFO", "README.md", "pyproject.toml"}
    installed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert installed == {f"robustlib/{name}" if name.startswith("data/") else name for name in files}
    assert {name.rsplit(".", 1)[1] for name in installed} >= {"py", "css", "js", "npz", "json", "csv", "safetensors"}


def test_what_is_published_stays_below_the_limit_of_a_package_index(built: tuple[Path, Path]) -> None:
    """PyPI takes files up to 100 MB; what Colab fetches at the head of a notebook should be far smaller."""
    assert all(1 < path.stat().st_size / 2**20 < 30 for path in built)


def test_readme_of_the_wheel_brings_its_claims_along(distribution: Any, wheel: Path) -> None:
    code = distribution.readme_code(wheel)
    compile(code, "README.md", "exec")
    assert code.count("\nassert ") == (ROOT / "README.md").read_text(encoding="utf-8").count("  # is ") > 2
    assert distribution.claims_as_asserts("a.b  # is < 0.3\n") == "a.b  # is < 0.3\nassert a.b < 0.3, a.b\n"


@pytest.mark.ci
def test_wheel_is_used_outside_the_checkout(distribution: Any, wheel: Path, tmp_path: Path) -> None:
    """The command line, the README and a chapter; `make dist-check` does the same."""
    said = distribution.use_outside(wheel, ROOT / distribution.CHAPTER, tmp_path)
    assert len(said) == 3 and "cells ran" in said[2]


def test_use_outside_fails_with_what_failed(distribution: Any, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="(?s)failed outside the checkout.*ZeroDivisionError"):
        distribution.python(tmp_path, tmp_path, "-c", "1 / 0")


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
