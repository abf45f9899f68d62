"""Expectation over transformation: any attack on the mean answer of a model that draws random numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from math import log
from typing import Literal

import torch
from torch import Tensor, nn

from robustlib.door import check_inputs, check_logits
from robustlib.gradient import search_logits
from robustlib.interfaces import Attack, Images, Labels, Logits
from robustlib.modes import seeded


class MeanAnswer(nn.Module):
    """The model asked `draws` times at every call and averaged; its random numbers follow from the seed and the call.

    One forward a draw, as some models draw once for a whole batch. The caller's generators stay where they were.
    """

    def __init__(self, model: nn.Module, draws: int, of: str, seed: int) -> None:
        super().__init__()
        self.model, self.draws, self.of, self.seed = model, draws, of, seed
        self.calls = 0

    def _asked(self, ask: Callable[[Images], Tensor], x: Images) -> Tensor:
        """One answer for each draw, stacked in front."""
        self.calls += 1
        answers = []
        for draw in range(self.draws):
            with seeded(self.seed, f"{self.calls}.{draw}", x.device):
                answers.append(ask(x))
        return torch.stack(answers)

    def forward(self, x: Images) -> Logits:
        logits = self._asked(lambda given: search_logits(self.model, given), x)
        if self.calls == 1:
            check_logits(logits[0])
        if self.of == "logits":
            return logits.mean(0)
        return logits.log_softmax(-1).logsumexp(0) - log(self.draws)


@dataclass(frozen=True)
class EOT:
    r"""Any attack, on the mean of the model's answers over r draws instead of on one of them.

    .. math:: \mathbb{E}_t\, f_t(x) \approx \frac{1}{r} \sum_{i=1}^r f_{t_i}(x), \quad
              \nabla_x \mathbb{E}_t\, f_t(x) = \mathbb{E}_t \nabla_x f_t(x)

    What is averaged is the **logits**: their mean is linear, so that its gradient is the mean of the draws' gradients
    whatever the logits' size, and a softmax that is saturated in some draws does not hide the others. With
    `of="probabilities"` it is :math:`\log \frac1r \sum_i \mathrm{softmax} f_{t_i}(x)`, in whose gradient draws that
    are broken already weigh less. The mean of the attack's own losses, which Athalye et al. climb, is the first for a
    loss that is linear in the logits (the margin to one class); for the cross-entropy the loss of either mean is a
    lower bound of it (Jensen).

    Every call of the attack (a step, a query, a verdict of `stop_early`) is answered by r new draws, r passes forward
    and r backward, which `evaluation.cost` counts. The draws follow from one number that is taken from torch's
    generator when the attack begins, so that the attack's own random numbers are the same for every r. A generator that
    the model owns cannot be seeded. The graphs of all draws are held at once: `InBatches` bounds the memory.

    It wraps the model it is aimed at: `Transfer(source, EOT(attack))` averages the source, `EOT(Transfer(...))`
    nothing. Whatever `precision` the attack searches in, the draws are answered in float32. `FeatureMatching`, which
    takes a model apart into body and head, refuses the mean of answers.

    Source: Athalye et al. 2018 (Obfuscated gradients); Athalye et al. 2018 (Synthesizing robust adversarial examples).
    Kind: that of the attack.
    Raises: ValueError unless draws >= 1 and `of` is one of the two; when called, as the attack.
    """

    attack: Attack
    draws: int = 20  # r, passes a step, >= 1
    of: Literal["logits", "probabilities"] = "logits"

    def __post_init__(self) -> None:
        if self.draws < 1:
            raise ValueError(f"EOT needs draws >= 1, got {self.draws}")
        if self.of not in ("logits", "probabilities"):
            raise ValueError(f'EOT averages "logits" or "probabilities", got {self.of!r}')

    @property
    def targeted(self) -> bool:
        """Whether y are targets."""
        return bool(getattr(self.attack, "targeted", False))

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        check_inputs(model, x, y)
        seed = int(torch.randint(2**31, ()).item())
        return self.attack(MeanAnswer(model, self.draws, self.of, seed), x, y)
