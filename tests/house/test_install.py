"""Installing the notebooks' package beside what a hosted notebook service has: its torch and numpy stay as they are.

Minutes and a package index, hence in .ci/run alone. torch and numpy stand in the environment by their metadata only,
which is all that pip looks at.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICE = {"torch": "2.6.0", "numpy": "1.26.4"}
KEPT = [f"{name}=={version}" for name, version in SERVICE.items()]
VERSIONS = ("3.11", "3.12", "3.13")

pytestmark = [pytest.mark.ci, pytest.mark.slow]


def pretended(site: Path, name: str, version: str) -> None:
    """Metadata of a distribution, as if it were installed."""
    info = site / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "INSTALLER").write_text("pip\n")
    (info / "RECORD").write_text("")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def environment(version: str, folder: Path) -> Path:
    """The Python of an environment of that version; without one, on PATH or of pyenv, the test is skipped."""
    found = [shutil.which(f"python{version}"), *Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}")]
    for command in filter(None, found):
        if subprocess.run([command, "-m", "venv", folder], capture_output=True).returncode == 0:
            return folder / "bin" / "python"
    return pytest.skip(f"no python{version} on PATH")


def site_of(python: Path) -> Path:
    """Where an environment keeps its packages."""
    code = "import site; print(site.getsitepackages()[0])"
    return Path(subprocess.check_output([python, "-c", code], text=True).strip())


def installed(python: Path, *wanted: str) -> dict[str, str]:
    """What pip would install, by name and version."""
    command = [python, "-m", "pip", "install", "--quiet", "--dry-run", "--report", "-", *wanted]
    done = subprocess.run(command, capture_output=True, text=True)
    if "Failed to establish a new connection" in done.stderr:
        pytest.skip("no package index")
    assert done.returncode == 0, done.stderr[-3000:]
    report = json.loads(done.stdout[done.stdout.index("{") :])
    return {item["metadata"]["name"].lower(): item["metadata"]["version"] for item in report["install"]}


@pytest.mark.parametrize("version", VERSIONS)
def test_installing_changes_neither_torch_nor_numpy(version: str, wheel: Path, tmp_path: Path) -> None:
    python = environment(version, tmp_path / "environment")
    for name, there in SERVICE.items():
        pretended(site_of(python), name, there)
    library = installed(python, wheel.as_uri())
    assert {"robustlib", "jaxtyping", "safetensors", "tqdm"} <= set(library) and not set(SERVICE) & set(library)
    notebooks = installed(python, f"robustlib[notebooks] @ {wheel.as_uri()}", *KEPT)  # as the setup cell does
    assert {"robustlib", "scikit-learn", "matplotlib", "ipywidgets"} <= set(notebooks)
    assert not set(SERVICE) & set(notebooks), {name: notebooks.get(name) for name in SERVICE}


def test_another_numpy_would_be_noticed(tmp_path: Path) -> None:
    python = environment(VERSIONS[0], tmp_path / "environment")
    pretended(site_of(python), "numpy", SERVICE["numpy"])
    assert installed(python, "numpy>=2").get("numpy", "").startswith("2.")
