"""The former command line, for one release: it says where the new one is, and does what was asked."""

import sys


def main(words: list[str] | None = None) -> int:
    """As `python -m robustlib`."""
    from importlib import import_module

    sys.stderr.write("python -m robustlib.experiments is now python -m robustlib; this way in will be removed\n")
    return int(import_module("robustlib.__main__").main(words))


if __name__ == "__main__":
    sys.exit(main())
