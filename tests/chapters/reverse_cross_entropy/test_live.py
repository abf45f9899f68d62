"""The small runs of the page on detectors."""

import torch
from chapters.reverse_cross_entropy.ten_images import dataset, digits, network

from robustlib.chapters.reverse_cross_entropy.live import auc_row, auc_rows, both_losses, verdicts
from robustlib.detectors import KernelDensity
from robustlib.evaluation import accuracy
from robustlib.models import Negate


def test_both_losses_learn_and_only_one_negates():
    data = digits(600, 50)
    nets = both_losses(data.train, 4)
    assert list(nets) == ["CE", "RCE"] and isinstance(nets["RCE"].head[-1], Negate)
    assert all(accuracy(net, data.test) > 0.3 for net in nets.values())
    x, y = data.test[:]
    densities = {loss: KernelDensity.fit(net, data.train, 1.0) for loss, net in nets.items()}
    attacked = dict.fromkeys(nets, 1 - x)
    table = auc_rows(*(auc_row(densities, attacked, x, y, g) for g in (0.1, 10.0)), said="inverted")
    assert table.rows == ["gamma 0.1", "gamma 10"] and table.columns == ["CE", "RCE"]
    for cell in table.cells:
        assert 0 <= cell.low <= cell.ours <= cell.high <= 100 and 0 < cell.n <= 50
    with torch.no_grad():
        assert table["gamma 0.1", "CE"].n == ((nets["CE"](x).argmax(1) == y) & (nets["CE"](1 - x).argmax(1) != y)).sum()


def test_the_three_verdicts_are_counted_for_every_network():
    net, data = network(), dataset()
    density = KernelDensity.fit(net, data.train, 1.0)  # an image of one pixel of brightness a scores -(1 - a)^2
    x, y = data.test[:10]
    images = {"clean": {"CE": x}, "second pixel": {"CE": x.roll(1, dims=-1)}}
    table = verdicts({"CE": net}, {"CE": density}, {"CE": -(0.3**2)}, images, y, "by hand")
    # Accepted are 255, 240, 225, 210, 195, 180 (0.706) and 200, which is labelled as the second class.
    assert [table["CE, clean", v].ours for v in ("right", "rejected", "fooled")] == [6, 3, 1]
    assert [table["CE, second pixel", v].ours for v in ("right", "rejected", "fooled")] == [1, 3, 6]
