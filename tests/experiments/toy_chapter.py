"""A toy chapter for worker processes, which know no fixture: imported there, it joins, and brings its own data."""

from experiments.toy_runs import digits, look, toy

from robustlib.experiments import Chapter, registry, running

TOY = toy(epochs=1)
CHAPTER = Chapter("toys", (TOY, toy("tuned", start=TOY, epochs=1)), (look(), look("tuned")))


def join() -> None:
    """Join the registry, and let the runs find toy data."""
    running.load = lambda name, device: digits().to(device)
    registry.join(CHAPTER)


if registry.chapters() == ():  # not in the process of the tests
    join()
