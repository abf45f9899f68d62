"""Where the data lies: what ships with the code, and what is fetched."""

import os
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def data_folder() -> Path:
    """What ships with the code: data/ of the checkout, or robustlib/data/ of an installed package.

    Holds mnist_5k.npz, paper_tables/, results/ and checkpoints/.
    Raises: FileNotFoundError if mnist_5k.npz is in neither.
    """
    places = (PACKAGE.parent / "data", PACKAGE / "data")
    for place in places:
        if (place / "mnist_5k.npz").is_file():
            return place
    looked = " and ".join(str(place) for place in places)
    raise FileNotFoundError(f"mnist_5k.npz ships with robustlib but is not in {looked}; install the package again")


def archive_folders() -> list[Path]:
    """Where archives are looked for, in this order; a download is written to the first.

    $ROBUSTLIB_DATA if set; then data/ of the checkout, or a folder in the user's cache where the package is installed.
    """
    chosen = os.environ.get("ROBUSTLIB_DATA")
    home = data_folder()
    own = _user_cache() if home == PACKAGE / "data" else home
    return [Path(chosen).expanduser(), own] if chosen else [own]


def _user_cache() -> Path:
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "robustlib"
