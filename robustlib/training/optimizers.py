"""Optimisers as values: the hyperparameters, without the parameters."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True)
class SGD:
    """Stochastic gradient descent with momentum: lr > 0, momentum in [0, 1), weight_decay >= 0 (L2, not decoupled)."""

    lr: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 0.0
    nesterov: bool = False

    def __call__(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        return torch.optim.SGD(
            parameters, self.lr, self.momentum, weight_decay=self.weight_decay, nesterov=self.nesterov
        )


@dataclass(frozen=True)
class Adam:
    """Adam (Kingma & Ba 2015): lr > 0, betas in [0, 1), weight_decay >= 0 (L2, not decoupled)."""

    lr: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 0.0

    def __call__(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        return torch.optim.Adam(parameters, self.lr, self.betas, weight_decay=self.weight_decay)


@dataclass(frozen=True)
class DecayWeights:
    """An optimiser whose weight decay leaves out biases and batch-norm: only tensors of two axes or more decay.

    Source: the code released with Pang et al. 2018, which decays convolutions and dense weights.
    """

    optimizer: SGD | Adam

    @property
    def lr(self) -> float:
        """The optimiser's own rate."""
        return self.optimizer.lr

    def __call__(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        every = list(parameters)
        weights, others = [p for p in every if p.ndim > 1], [p for p in every if p.ndim <= 1]
        built = self.optimizer(weights)
        if others:
            built.add_param_group({"params": others, "weight_decay": 0.0})
        return built
