"""The scripts beside the book are a package of the repository's root, also where pytest is called without python -m."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
