"""Which process wrote something, and whether it is still at work."""

import os
import socket


def host() -> str:
    """The name of this machine, without characters that a file's name may not have."""
    return "".join(c if c.isalnum() or c == "-" else "_" for c in socket.gethostname()) or "host"


def alive(pid: int) -> bool:
    """Whether a process of this machine has the number; True where the system does not tell."""
    if pid <= 0:
        return False
    if os.name != "posix":  # on Windows os.kill(pid, 0) would end the process
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
