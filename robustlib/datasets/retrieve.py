"""One file from a server, with patience that ends: a silent, a dripping and an endless server are given up."""

import hashlib
import threading
import time
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tqdm.auto import tqdm

STALL_SECONDS = 30.0  # in each of which a server has to send
STALL_BYTES = 30_000  # so many bytes, or all that is left
TOTAL_SECONDS = 7200.0
MOST_BYTES = 1_000_000_000


def retrieve(url: str, md5: str, name: str, timeout: float) -> bytes:
    """The file at `url`, checked against its md5. `timeout` is for connecting and for each answer, in seconds.

    Raises: TimeoutError, OSError (as urllib) or ValueError that says what the server did.
    """
    transfer = _Transfer(url, timeout)
    started = begun = time.monotonic()
    before = 0
    with tqdm(desc=name, unit="B", unit_scale=True) as bar:
        transfer.start()
        try:
            while transfer.is_alive():
                transfer.join(0.1)
                bar.total = transfer.total
                bar.update(transfer.received - bar.n)
                now = time.monotonic()
                if transfer.received > MOST_BYTES:
                    raise ValueError(f"{url}: more than {MOST_BYTES / 1e9:g} GB came, which it cannot be; given up")
                if now - started > TOTAL_SECONDS:
                    raise TimeoutError(f"{url}: not done after {TOTAL_SECONDS:g} s; given up, try again later")
                if now - begun > STALL_SECONDS:
                    if transfer.is_alive() and transfer.received - before < STALL_BYTES:
                        came = f"{transfer.received - before:,} bytes in {now - begun:.0f} s"
                        raise TimeoutError(f"{url}: the server sent {came}; given up, try again later")
                    begun, before = now, transfer.received
        finally:
            transfer.stop()
    if transfer.error is not None:
        raise transfer.error
    content = b"".join(transfer.parts)
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != md5:
        raise ValueError(f"{url}: what came ({len(content):,} bytes) has another md5 than the official file")
    return content


class _Transfer(threading.Thread):
    """Reads in a thread of its own, since a server that drips bytes into a header blocks whoever waits for it."""

    def __init__(self, url: str, timeout: float) -> None:
        super().__init__(daemon=True)
        self.url, self.timeout = url, timeout
        self.parts: list[bytes] = []
        self.received = 0
        self.total: int | None = None
        self.error: Exception | None = None
        self._stopped = False

    def run(self) -> None:
        """Until the end, an error, or `stop`."""
        try:
            request = Request(self.url, headers={"User-Agent": "robustlib"})
            with urlopen(request, timeout=self.timeout) as response:
                self.total = response.length
                while not self._stopped and (part := response.read1(1 << 16)):
                    self.parts.append(part)
                    self.received += len(part)
        except HTTPError as error:
            error.close()
            self.error = OSError(f"{self.url}: the server says {error.code} {error.reason}")
        except Exception as error:  # whatever a network can do; it is raised in the thread that waits
            self.error = error

    def stop(self) -> None:
        """End it at the next byte."""
        self._stopped = True
