"""Every reader: equal to what was written, or one ValueError that names the file and the way out."""

import os
import random
import signal
import sys
import tokenize
from pathlib import Path

import pytest
from files.kinds import KINDS, TABLES

from robustlib.experiments import printed
from robustlib.files import parsing, read_table
from robustlib.files import write_tensors as write_named

READERS = KINDS | {"table": TABLES}


@pytest.fixture
def written(tmp_path, monkeypatch):
    """A small whole file of one kind."""
    monkeypatch.setenv("ROBUSTLIB_RESULTS", str(tmp_path / "results"))

    def make(kind):
        path = tmp_path / READERS[kind].name
        READERS[kind].write(path)
        return path

    return make


@pytest.fixture
def no_hanging():
    """A reader that waits for a pipe is stopped."""
    signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(AssertionError("it hangs")))
    signal.alarm(20)
    yield
    signal.alarm(0)


def refused(kind, path):
    """The reader's ValueError about this file."""
    with pytest.raises(ValueError) as caught:
        READERS[kind].read(path)
    text = str(caught.value)
    assert str(path) in text and "; " in text and text.split("; ")[-1].strip(), text
    return text


GARBAGE = {
    "empty": b"",
    "a zero": b"\0",
    "zeros": bytes(500),
    "text": b"<html>404</html>",
    "zip": b"PK\x03\x04" + bytes(200),
    "pickle": b"\x80\x02}q\x00.",
    "brackets": b"[" * 100_000,
    "not utf-8": b'{"a": "\xff\xfe"}',
    "a number": b"7",
    "half an object": b'{"outcomes": {"clean": ',
    "huge header": (2**63).to_bytes(8, "little") + b"{}",
    "marked": b"robustlib state 1\n",
}


@pytest.mark.parametrize("how", GARBAGE)
@pytest.mark.parametrize("kind", KINDS)
def test_garbage(kind, how, written):
    path = written(kind)
    path.write_bytes(GARBAGE[how])
    refused(kind, path)


@pytest.mark.parametrize("kind", KINDS)
def test_random_bytes(kind, written):
    path, draw = written(kind), random.Random(0)
    for _ in range(30):
        path.write_bytes(draw.randbytes(draw.randint(1, 400)))
        refused(kind, path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cut_anywhere(kind, written):
    path = written(kind)
    data = path.read_bytes()
    expected = READERS[kind].read(path)
    places = {1, 8, 17, 18, 58, len(data) // 2, len(data) - 1, *random.Random(0).sample(range(len(data)), 20)}
    for place in places:
        path.write_bytes(data[:place])
        if kind in ("object", "result") and place == len(data) - 1:  # the last newline
            assert READERS[kind].read(path) == expected
        else:
            refused(kind, path)


@pytest.mark.parametrize("kind", KINDS)
def test_one_flipped_bit_anywhere(kind, written):
    path = written(kind)
    data, expected = path.read_bytes(), READERS[kind].read(path)
    draw, refusals = random.Random(0), 0
    for _ in range(160):
        flipped = bytearray(data)
        flipped[place := draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        path.write_bytes(flipped)
        try:
            found = READERS[kind].read(path)
        except ValueError as error:
            assert str(path) in str(error)
            refusals += 1
        else:
            assert found == expected, f"byte {place} of {len(data)}"
    assert refusals > 75, "the hash covers most of it"


@pytest.mark.parametrize("kind", READERS)
def test_a_folder_and_a_pipe_in_its_place(kind, written, no_hanging):
    path = written(kind)
    path.unlink()
    path.mkdir()
    assert "is a folder" in refused(kind, path)
    path.rmdir()
    os.mkfifo(path)
    assert "is a pipe or a device" in refused(kind, path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("kind", READERS)
def test_a_file_that_may_not_be_read(kind, written):
    path = written(kind)
    path.chmod(0)
    with pytest.raises((PermissionError, ValueError), match="give yourself read permission"):
        READERS[kind].read(path)


@pytest.mark.parametrize("kind", [kind for kind in READERS if kind not in ("training", "evaluation")])
def test_a_file_that_is_not_there(kind, written):
    path = written(kind)
    path.unlink()
    with pytest.raises(FileNotFoundError, match=path.name):
        READERS[kind].read(path)


@pytest.mark.parametrize(
    "error",
    [MemoryError(), RecursionError("deep"), tokenize.TokenError("EOF", (1, 0)), OverflowError("big"), KeyError("a"),
     UnicodeDecodeError("utf-8", b"a", 0, 1, "bad"), ZeroDivisionError(), AttributeError("shape"), AssertionError()],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_whatever_a_parser_raises_becomes_one_sentence(error):
    says = rf"^a/b: not a readable thing \({type(error).__name__}.*\); buy one$"
    with pytest.raises(ValueError, match=says) as caught, parsing("a/b", "thing", "buy one"):
        raise error
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_a_stop_by_hand_passes(stop):
    with pytest.raises(stop), parsing("a/b", "thing", "buy one"):
        raise stop


BAD_TABLES = {
    "no header": "",
    "a cell less": "a,b\n1\n",
    "a cell more": "a,b\n1,2,3\n",
    "a name twice": "a,a\n1,2\n",
    "an open quote": 'a,b\n1,"2\n',
}


@pytest.mark.parametrize("how", BAD_TABLES)
def test_a_bad_table(how, tmp_path):
    (tmp_path / "file").write_text(BAD_TABLES[how])
    refused("table", tmp_path / "file")


def test_tables_of_printed_numbers_are_read_so(tmp_path, monkeypatch):
    (tmp_path / "paper_tables").mkdir()
    path = tmp_path / "paper_tables" / "paper_table9.csv"
    monkeypatch.setattr(sys.modules["robustlib.experiments.printed"], "data_folder", lambda: tmp_path)
    path.write_text("training,attack,value\nOurs,FGSM,12.5\nOurs,PGD,12,5\n")
    with pytest.raises(ValueError, match="paper_table9.csv: not a readable printed table .*put"):
        printed("paper", "table9")


def test_the_tables_that_ship_are_read_as_before():
    import csv

    folder = Path(__file__).parents[2] / "data" / "paper_tables"
    for path in folder.glob("*.csv"):
        with path.open(newline="") as file:
            assert read_table(path, "table", "") == list(csv.DictReader(file))


def test_a_hash_that_was_renamed_by_a_stray_bit_leaves_equal_tensors_only(tmp_path):
    import torch

    from robustlib.files import read_tensors

    write_named(tmp_path / "a", {"w": torch.ones(4)})
    data = (tmp_path / "a").read_bytes()
    (tmp_path / "a").write_bytes(data.replace(b"robustlib.sha256", b"robustlib.sha257"))
    assert read_tensors(tmp_path / "a", "tensors", "")["w"].tolist() == [1.0] * 4
