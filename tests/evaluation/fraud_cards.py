"""The cards of the fraud matrix: which network, which digits, at which size. Run as a script it stores the verdicts.

    python tests/evaluation/fraud_cards.py

writes fraud_verdicts.csv, of three seeds, in about two CPU minutes.
"""

from pathlib import Path

from robustlib import chapters  # noqa: F401 (they join the registry)
from robustlib.datasets import load
from robustlib.evaluation.frauds.matrix import LINES, fraud_card
from robustlib.experiments.checkpoints import load_model
from robustlib.files import write_bytes

VERDICTS = Path(__file__).with_name("fraud_verdicts.csv")
SIZE = {"passes": 40, "queries": 300, "binarised": 10}  # 16 images: a card takes one to four CPU seconds
NETWORKS = dict.fromkeys(LINES, "rr-lenet-softmax")
NETWORKS = {"honest-undefended": NETWORKS.pop("honest"), "honest-pgd-trained": "rr-lenet-softmax-pgd"} | NETWORKS


def card_of(name, seed):
    data = load("mnist_5k").test[16 * seed : 16 * (seed + 1)]
    line = "honest" if name.startswith("honest") else name
    return fraud_card(line, load_model(NETWORKS[name]).eval(), data, seed, **SIZE)


def store() -> None:
    """One line a fraud, seed and check."""
    lines = ["fraud,seed,check,verdict"]
    for name in NETWORKS:
        for seed in range(3):
            lines += [f'{name},{seed},"{check.name}",{check.verdict}' for check in card_of(name, seed).checks]
    write_bytes(VERDICTS, ("\n".join(lines) + "\n").encode())


if __name__ == "__main__":
    store()
