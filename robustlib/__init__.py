"""robustlib: can a network be made robust by shaping its embedding, and how would you know?"""

__version__ = "0.1.0"
