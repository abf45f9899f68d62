"""Folders of numbered states under a note of what they are of: none is taken for what it is not."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from robustlib.files.states import read_state, write_state
from robustlib.files.texts import read_json, write_json


class NotedFolder:
    """The batches of one set, a sealed file each, and beside them a note of all that makes the set what it is.

    Every batch carries the hash of its note and its place, so that a file of another set or another place is refused.
    Raises: ValueError for a folder that holds another set, or batches and no note.
    """

    def __init__(self, path: Path, note: Mapping[str, Any], what: str) -> None:
        note = json.loads(json.dumps(note))  # as it is read again
        self.path, self.what = path, what
        self.of = hashlib.sha256(json.dumps(note, sort_keys=True).encode()).hexdigest()
        self.way_out = f"delete the folder {path}, or give this set a folder of its own"
        if (path / "set.json").is_file():
            self._compare(read_json(path / "set.json", f"note of {what}", self.way_out), note)
        elif any(path.glob("*.pt")):
            raise ValueError(f"{path}: holds {what} without the note that says what they are of; {self.way_out}")
        else:
            write_json(path / "set.json", note)

    def has(self, place: int) -> bool:
        """Whether there is a file for the batch of this place."""
        return self._file(place).is_file()

    def write(self, place: int, state: Mapping[str, Any]) -> None:
        """Keep a batch. Raises: OSError as `write_state`."""
        write_state(self._file(place), {**state, "of": self.of, "place": place})

    def read(self, place: int) -> dict[str, Any]:
        """The batch of this place. Raises: ValueError for a damaged file, or one of another set or another place."""
        file, way_out = self._file(place), "delete it, and it is made anew"
        state = read_state(file, f"batch of {self.what}", way_out)
        if not isinstance(state, dict) or (state.get("of"), state.get("place")) != (self.of, place):
            raise ValueError(f"{file}: not batch {place} of the set that its folder's note names; {way_out}")
        return state

    def _file(self, place: int) -> Path:
        return self.path / f"{place}.pt"

    def _compare(self, there: Mapping[str, Any], note: Mapping[str, Any]) -> None:
        differs = [key for key in {**note, **there} if there.get(key) != note.get(key)]
        if differs:
            key = differs[0]
            raise ValueError(
                f"{self.path}: holds {self.what} of another set; what differs: {', '.join(differs)}\n"
                f"  there: {str(there.get(key))[:200]}\n  here:  {str(note.get(key))[:200]}\n{self.way_out}"
            )


def check_notes(folder: Path, note: str) -> None:
    """Raises: ValueError where a folder in this one holds numbered batches and not the file `note` beside them."""
    for own in sorted(path for path in folder.iterdir() if path.is_dir()):
        if any(file.stem.isdigit() for file in own.glob("*.pt")) and not (own / note).is_file():
            raise ValueError(f"{own}: holds batches without the note {note} that says what they are of; delete it")
