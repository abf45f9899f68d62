"""What a report card costs: CPU seconds of one thread, and passes an image, of a LeNet-5 on 100 digits.

The evaluation is PGD on the margin and APGD in 40 steps at eps 0.3, with the card's own settings; the network is the
adversarially trained one, on which attacks stop late. As on a CPU without AVX-512, AMX and bfloat16:
ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2.
"""

import sys
import time

import torch
from keep import keep

import robustlib.chapters  # noqa: F401 (their networks join the registry)
from robustlib.datasets import load
from robustlib.evaluation.frauds.matrix import LINES
from robustlib.evaluation.report_card import report_card
from robustlib.experiments import load_model

N = 100


def main() -> None:
    """One line for each check, and one for the whole."""
    torch.set_num_threads(1)
    model, data = load_model("rr-lenet-softmax-pgd").eval(), load("mnist_5k").test[:N]
    started = time.process_time()
    card = report_card(model, data, LINES["honest"].attacks, 0.3)
    seconds = time.process_time() - started
    lines = [{"check": check.name, "verdict": check.verdict, "passes": check.passes} for check in card.checks]
    for line in lines:
        sys.stdout.write(f"{line['passes']:7.0f} passes an image  {line['verdict']:16} {line['check']}\n")
    sys.stdout.write(f"{card.passes:7.0f} passes an image, {seconds:.0f} CPU seconds for {N} images: {card.headline}\n")
    keep(__file__, [*lines, {"n": N, "passes": card.passes, "seconds": seconds, "verdict": card.verdict}])


if __name__ == "__main__":
    main()
