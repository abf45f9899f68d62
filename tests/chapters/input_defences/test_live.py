"""What the page computes on the spot, on networks of which every answer can be worked out."""

import pytest
import torch
from torch import nn

from robustlib.attacks import EOT, FGSM, LSPGA
from robustlib.chapters.input_defences import live
from robustlib.chapters.input_defences.on_manifold import OnManifold
from robustlib.datasets import load
from robustlib.models import Classifier, Generator, Search, Thermometer, with_thermometer


def dot(border: float) -> Classifier:
    """Class 1 where the first pixel is above the border: the gap of the logits is ten times the distance to it."""
    body, head = nn.Sequential(nn.Flatten(), nn.Linear(16, 2)), nn.Linear(2, 2, bias=False)
    body[1].weight.data, body[1].bias.data = torch.zeros(2, 16), torch.tensor([0.0, -10 * border])
    body[1].weight.data[1, 0], head.weight.data = 10.0, torch.eye(2)
    return Classifier(body, head).eval()


def pixels(*values: float) -> torch.Tensor:
    x = torch.zeros(len(values), 1, 4, 4)
    x[:, 0, 0, 0] = torch.tensor(values)
    return x


def test_an_image_that_the_defence_misreads_when_clean_counts_as_wrong_and_the_alone_row_has_no_knowing_attacker():
    x, y = pixels(0.2, 0.45, 0.65, 0.9), torch.tensor([0, 0, 1, 1])
    of = live.Defended(alone=dot(0.5), behind=dot(0.7), aware=FGSM(0.3), eps=0.1)
    found = live.judged(of, (x, y), "dot")
    alone, behind = found.rows
    assert (alone, behind) == ("dot: the network alone", "dot: behind the defence")
    assert [found[alone, c].ours for c in ("clean", live.SHORTEST, live.UNAWARE)] == [100, 0, 75]
    assert not found[alone, live.AWARE].applies
    # Behind, 0.65 is misread when clean. Of PGD's on the first, 0.1 away, the three others are read right; DeepFool's
    # lie at 0.5, which reads 0; FGSM with 0.3 moves 0.45 and 0.9 across 0.7.
    numbers = [found[behind, c].ours for c in ("clean", live.SHORTEST, live.UNAWARE, live.AWARE)]
    assert numbers == [75, 50, 75, 25]
    assert "eps 0.1" in found.caption and "n = 4 digits that ship with the book" in found.caption


def test_each_defence_stands_before_its_network_and_has_its_attacker():
    generator, net = Generator(2, 0.01), dot(0.5)
    encoded = with_thermometer(Classifier(nn.Sequential(nn.Flatten(), nn.Linear(16, 4)), nn.Linear(4, 2)), 5)
    a, b, c = live.thermometer(net, encoded, 0.2), live.views(net, draws=3), live.projection(net, generator)
    assert isinstance(a.behind.body[0], Thermometer) and a.alone is net and live.levels_of(encoded) == 5
    assert isinstance(a.aware, LSPGA) and a.aware.eps == a.eps == 0.2
    assert isinstance(b.aware, EOT) and b.aware.draws == 3 and b.aware.attack.eps == b.eps == 0.1
    assert isinstance(c.aware, OnManifold) and c.aware.eps == c.eps == 0.3
    assert c.behind.body[0].search == live.SEARCH == Search(60, 4) and c.alone is net
    view = b.behind.body[0](torch.ones(50, 1, 28, 28))
    assert view.shape == (50, 1, 32, 32) and (view.flatten(1).sum(1) < 1024).all() and view.unique().tolist() == [0, 1]


def test_pgd_on_the_pixels_of_a_code_finds_nothing_that_ls_pga_does_not():
    mnist = load("mnist_5k")
    few, test = mnist.train.subset(slice(1000)), mnist.test[:60]
    net = live.coded(few, levels=8, epochs=2)
    assert live.levels_of(net) == 8 and not net.training
    table = live.climbed({"code": net}, test)
    assert list(table.columns) == ["clean", "PGD", "LS-PGA", "BPDA"] and table["code", "clean"].n == 60
    assert table["code", "clean"].ours > 60 and table["code", "PGD"].ours > table["code", "LS-PGA"].ours + 30
    own = live.climbed({"code": net}, test, {"one step": LSPGA(0.3, 1)})
    assert list(own.columns) == ["clean", "one step"]
    trained = live.coded(few.subset(slice(64)), 8, attacked=True, epochs=1)
    assert not torch.equal(trained.head.weight, live.coded(few.subset(slice(64)), 8, epochs=1).head.weight)


def test_coded_is_the_same_twice():
    few = load("mnist_5k").train.subset(slice(64))
    first, second = (live.coded(few, 4, epochs=1).head.weight for _ in range(2))
    assert torch.equal(first, second)


@pytest.mark.parametrize("levels", [0, 1])
def test_a_code_of_one_level_is_refused(levels: int):
    with pytest.raises(ValueError, match="levels >= 2"):
        live.coded(load("mnist_5k").train.subset(slice(8)), levels)
