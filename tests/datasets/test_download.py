"""The download, from a server of our own: whole, cut in the middle, altered, silent."""

import gzip
import hashlib
import socket
import struct
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from robustlib.datasets import load, retrieve
from robustlib.datasets.archive import read_archive
from robustlib.datasets.download import Unavailable, fetch
from robustlib.datasets.forms import FORMS
from robustlib.datasets.loading import EmbeddedDataWarning

datasets = pytest.importorskip("torchvision.datasets")


def idx(array: np.ndarray) -> bytes:
    """The format of the official MNIST files."""
    head = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return gzip.compress(head + array.tobytes(), mtime=0)


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A mirror with 30 + 20 small images; `server.mode` says how it behaves, `server.asked` what it was asked for."""
    draw = np.random.default_rng(0)
    names = [name for name, _ in datasets.MNIST.resources]
    arrays = [draw.integers(256, size=(n, 28, 28), dtype=np.uint8) for n in (30, 20)]
    labels = [(np.arange(n) % 10).astype(np.uint8) for n in (30, 20)]
    files = dict(zip(names, (idx(arrays[0]), idx(labels[0]), idx(arrays[1]), idx(labels[1])), strict=True))

    class Mirror(BaseHTTPRequestHandler):
        def do_GET(self):
            body = files[self.path.rsplit("/", 1)[-1]]
            httpd.asked.append(self.path)
            if httpd.mode == "silent":
                httpd.finished.wait(5)
                return
            if httpd.mode in ("drips a header", "drips", "never ends"):
                self.slowly()
                return
            self.send_response(404 if httpd.mode == "gone" else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            cut = len(httpd.asked) > 2 and httpd.mode == "cut"
            sent = bytes(len(body)) if httpd.mode == "altered" else body
            self.wfile.write(sent[: len(body) // 2 if cut else None])

        def slowly(self):
            """A byte every 20 ms, or more than was asked for, until the client has gone."""
            part = bytes(100_000) if httpd.mode == "never ends" else b"a"
            try:
                if httpd.mode != "drips a header":
                    self.send_response(200)
                    self.end_headers()
                while not httpd.finished.wait(0.001 if httpd.mode == "never ends" else 0.02):
                    self.wfile.write(part)
            except OSError:
                pass

        do_HEAD = do_GET

        def log_message(self, *args):
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    httpd.mode, httpd.asked, httpd.arrays, httpd.finished = "whole", [], arrays, threading.Event()
    threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    monkeypatch.setenv("ROBUSTLIB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("ROBUSTLIB_OFFLINE", "0")
    monkeypatch.setattr("robustlib.datasets.loading.archive_folders", lambda: [tmp_path / "data"])
    monkeypatch.setattr(datasets.MNIST, "mirrors", [f"http://127.0.0.1:{httpd.server_port}/"])
    sums = [(name, hashlib.md5(body).hexdigest()) for name, body in files.items()]
    monkeypatch.setattr(datasets.MNIST, "resources", sums)
    monkeypatch.setitem(FORMS, "mnist", replace(FORMS["mnist"], sizes=(30, 20)))
    yield httpd
    httpd.finished.set()
    httpd.shutdown()
    httpd.server_close()


def test_a_whole_download_is_made_once(server, tmp_path):
    path = fetch(FORMS["mnist"])
    assert path == tmp_path / "data" / "mnist.npz" and [file.name for file in path.parent.iterdir()] == ["mnist.npz"]
    train, test = read_archive(path, FORMS["mnist"])
    assert np.array_equal(train.x[:, 0].numpy(), server.arrays[0]) and np.array_equal(
        test.x[:, 0].numpy(), server.arrays[1]
    )
    asked = len(server.asked)
    with pytest.raises(
        ValueError, match="0 of its training images are embedded"
    ):  # found and read, but not the real set
        load("mnist")
    assert len(server.asked) == asked and not list((tmp_path / "tmp").iterdir())


@pytest.mark.parametrize("mode", ["cut", "altered", "gone", "silent"])
def test_a_bad_download_leaves_nothing_behind_and_mnist_falls_back(mode, server, tmp_path, monkeypatch):
    monkeypatch.setattr("robustlib.datasets.download.CONNECT_SECONDS", 0.3)
    server.mode = mode
    with pytest.warns(EmbeddedDataWarning, match="download failed") as caught:
        digits = load("mnist")
    assert len(caught) == 1 and "\n" not in str(caught[0].message)
    assert digits.source == "embedded" and server.asked
    assert not list((tmp_path / "tmp").iterdir()) and not list((tmp_path / "data").iterdir())
    assert socket.getdefaulttimeout() is None
    server.mode = "whole"
    assert fetch(FORMS["mnist"]).is_file()  # nothing of the bad attempt is in the way


@pytest.mark.parametrize(
    ("mode", "says"),
    [
        ("drips a header", r"the server sent 0 bytes in \d+ s; given up"),
        ("drips", r"the server sent \d+ bytes in \d+ s; given up"),
        ("never ends", "more than 0.005 GB came, which it cannot be; given up"),
    ],
)
def test_a_server_that_does_not_come_to_an_end_is_given_up(mode, says, server, tmp_path, monkeypatch):
    monkeypatch.setattr(retrieve, "STALL_SECONDS", 0.5)
    monkeypatch.setattr(retrieve, "MOST_BYTES", 5_000_000)
    server.mode = mode
    with pytest.raises(Unavailable, match=says):
        fetch(FORMS["mnist"])
    assert not list((tmp_path / "tmp").iterdir()) and not list((tmp_path / "data").iterdir())


def test_a_download_has_a_deadline(server, monkeypatch):
    monkeypatch.setattr(retrieve, "TOTAL_SECONDS", 0.3)
    monkeypatch.setattr(retrieve, "STALL_BYTES", 1)
    server.mode = "drips"
    with pytest.raises(Unavailable, match=r"not done after 0.3 s; given up"):
        fetch(FORMS["mnist"])


@pytest.mark.parametrize(
    ("mode", "says"),
    [("altered", "has another md5 than the official file"), ("cut", "another md5"), ("gone", "the server says 404")],
)
def test_what_the_server_did_is_said(mode, says, server):
    server.mode = mode
    with pytest.raises(Unavailable, match=f"127.0.0.1.*{says}"):
        fetch(FORMS["mnist"])


def test_a_second_mirror_is_tried(server, monkeypatch):
    monkeypatch.setattr(datasets.MNIST, "mirrors", ["http://127.0.0.1:9/", *datasets.MNIST.mirrors])
    assert fetch(FORMS["mnist"]).is_file()


def test_a_download_that_is_stopped_by_hand_leaves_nothing_behind(server, tmp_path, monkeypatch):
    def stopped(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(datasets.MNIST, "__init__", stopped)
    with pytest.raises(KeyboardInterrupt):
        fetch(FORMS["mnist"])
    assert not list((tmp_path / "tmp").iterdir()) and not list((tmp_path / "data").iterdir())


def test_a_set_of_other_size_is_not_kept(server, tmp_path, monkeypatch):
    monkeypatch.setitem(FORMS, "mnist", replace(FORMS["mnist"], sizes=(31, 20)))
    with pytest.raises(Unavailable, match="expected 31 of each"):
        fetch(FORMS["mnist"])
    assert not list((tmp_path / "data").iterdir())


def test_no_download_starts_where_it_cannot_be_stored(server, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("ROBUSTLIB_DATA", str(tmp_path / "file"))
    with pytest.raises(OSError, match="mnist.npz.*: cannot be written .*file is a file.* set ROBUSTLIB_DATA"):
        fetch(FORMS["mnist"])
    with pytest.warns(EmbeddedDataWarning, match="cannot be written"):
        load("mnist")
    assert not server.asked


def test_without_torchvision_the_reason_is_said(server, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torchvision", None)
    with pytest.raises(Unavailable, match="ModuleNotFoundError"):
        fetch(FORMS["mnist"])
