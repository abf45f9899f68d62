"""What can be seen of an evaluation before the model is asked."""

from robustlib.evaluation.card.bench import Bench
from robustlib.evaluation.card.budget import whole_box


def check_evaluation(bench: Bench) -> None:
    """What can be seen without a pass. Raises: ValueError and TypeError as `report_card`."""
    if not bench.attacks or not bench.eps > 0:
        raise ValueError(
            f"a card needs an attack and a radius eps > 0, got {len(bench.attacks)} attacks and eps = {bench.eps}"
        )
    if bench.eps > whole_box(bench):
        raise ValueError(
            f"pixels lie in [0, 1], so that no image is farther than {whole_box(bench):.4g} from another, got "
            f"eps = {bench.eps:.4g}; a radius of 8 in 0 .. 255 is 8 / 255"
        )
    if "clean" in bench.attacks:
        raise ValueError('"clean" is the name of the images without an attack; call the attack something else')
    for name, attack in bench.attacks.items():
        if isinstance(attack, type) or not callable(attack):
            raise TypeError(f"an attack is a value that is called, such as PGD(0.3), got {attack!r:.80} as {name}")
        if getattr(attack, "targeted", False):
            raise ValueError(
                f"{name} is targeted, and would take the labels for targets: Relabel(attack, next_class) chooses some"
            )
