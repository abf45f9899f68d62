"""What the chapter's pictures show: the right plane in the right place, and the words of the network that reads it."""

import pytest
import torch
from chapters.input_defences.test_live import dot, pixels
from torch import nn

from robustlib.attacks import FGSM
from robustlib.chapters.input_defences import live, pictures
from robustlib.models import Classifier, Generator, Search


class Half(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x / 2


def test_planes_lie_row_by_row_and_every_picture_has_one_size():
    planes = torch.arange(16.0).reshape(16, 1, 1).expand(16, 28, 28) / 15
    made = pictures.picture(planes)
    assert made.shape == (1, 224, 224)
    assert made[0, 28, 28::56].tolist() == pytest.approx([0, 1 / 15, 2 / 15, 3 / 15])
    assert made[0, 28::56, 28].tolist() == pytest.approx([0, 4 / 15, 8 / 15, 12 / 15])
    digit = torch.rand(1, 28, 28)
    assert torch.equal(pictures.picture(digit)[:, 4::8, 4::8], digit)
    assert pictures.picture(torch.rand(1, 32, 32)).shape == (1, 224, 224)
    for shape in ((2, 28, 28), (1, 30, 30)):
        with pytest.raises(ValueError, match="do not fill a square of 224 evenly"):
            pictures.picture(torch.rand(shape))


def test_what_is_shown_is_what_is_read_and_the_words_are_the_networks():
    net, x, y = dot(0.5), torch.zeros(2, 1, 4, 4), torch.tensor([1, 1])
    x[:, 0, 0, 0] = torch.tensor([0.8, 0.2])
    (first, said, right), (_, other, wrong) = pictures.told(net, x, y, x)
    assert said == "says 1 (0.95)" and right and other == "says 0 (0.95)" and not wrong
    assert torch.equal(first[:, 28::56, 28::56], x[0])


def test_the_control_has_a_position_without_a_defence_and_one_for_each_attacker():
    half = Classifier(nn.Sequential(Half(), dot(0.2).body), dot(0.2).head).eval()
    of = {"half": live.Defended(dot(0.5), half, FGSM(0.4), 0.3)}
    x, y = pixels(0.75), torch.tensor([1])
    positions, rows = pictures.control(of, dot(0.5), x, y)
    assert positions == ["none", "half"] and list(rows) == ["what is shown", "what is read"]
    shown, read = rows.values()
    words = {column: [told[1:] for told in inside] for column, inside in shown.items()}
    assert words["clean"] == [("as it is", None)] * 2
    assert words["attacker unaware"] == [("moved by 0.30", None)] * 2
    assert words["attacker aware"] == [("moved by 0.30", None), ("moved by 0.40", None)]
    verdicts = {column: [told[2] for told in inside] for column, inside in read.items()}
    # 0.75 and 0.45 alone; halved 0.375, 0.225 and 0.175 against the border of 0.2.
    assert verdicts == {"clean": [True, True], "attacker unaware": [False, True], "attacker aware": [False, False]}
    assert read["clean"][1][0][0, 0, 0].item() == 0.375, "the lower row shows what the defence makes"
    with pytest.raises(ValueError, match="the control shows one image, got 2"):
        pictures.control(of, dot(0.5), x.repeat(2, 1, 1, 1), y.repeat(2))


def test_a_search_shown_in_stages_is_one_search():
    torch.manual_seed(0)
    generator, search = Generator(4, 0.02), Search(30, 2)
    with torch.no_grad():
        x = generator(torch.randn(1, 4))
    found = pictures.stages(generator, x, (0, 10, 30), search)
    errors = [error for _, error in found]
    assert errors[0] > errors[1] > errors[2] and all(made.shape == (1, 224, 224) for made, _ in found)
    assert pictures.stages(generator, x, (10,), search)[0][1] == errors[1]
