"""Augmentation: the pure parts against naive loops, the random parts against their distribution."""

import torch

from robustlib.datasets import Augment, crop, flip, random_crop, random_flip


def test_crop_is_the_window_of_the_padded_image():
    x = torch.rand(6, 3, 5, 7)
    dy, dx = torch.tensor([0, 4, 2, 1, 3, 0]), torch.tensor([4, 0, 2, 3, 1, 0])
    expected = torch.zeros_like(x)
    for i in range(6):
        for row in range(5):
            for column in range(7):
                r, c = row + int(dy[i]) - 2, column + int(dx[i]) - 2
                if 0 <= r < 5 and 0 <= c < 7:
                    expected[i, :, row, column] = x[i, :, r, c]
    assert torch.equal(crop(x, dy, dx, padding=2), expected)
    assert torch.equal(crop(x, dy * 0 + 2, dx * 0 + 2, padding=2), x)


def test_flip_mirrors_the_chosen_images_only():
    x = torch.rand(4, 2, 3, 5)
    chosen = torch.tensor([True, False, False, True])
    out = flip(x, chosen)
    assert torch.equal(out[1:3], x[1:3])
    assert torch.equal(out[0], x[0, :, :, torch.arange(4, -1, -1)])
    assert torch.equal(flip(out, chosen), x)


def test_random_crop_draws_every_shift_equally_often():
    torch.manual_seed(0)
    x = torch.zeros(2500, 1, 5, 5)
    x[:, :, 2, 2] = 1
    where = random_crop(x, padding=2).flatten(1).argmax(1)
    counts = torch.bincount(where, minlength=25)
    assert len(counts) == 25 and counts.min() > 60 and counts.max() < 140  # 100 expected


def test_random_flip_mirrors_half():
    torch.manual_seed(0)
    x = torch.zeros(1000, 1, 1, 2)
    x[..., 0] = 1
    share = random_flip(x)[:, 0, 0, 1].mean()
    assert 0.45 < share < 0.55


def test_augment_does_both_or_what_it_is_told():
    x = torch.rand(64, 3, 8, 8)
    torch.manual_seed(0)
    both = Augment(2)(x)
    torch.manual_seed(0)
    assert torch.equal(both, random_flip(random_crop(x, 2)))
    assert torch.equal(Augment(0, flip=False)(x), x)
    torch.manual_seed(0)
    flipped = Augment(0)(x)
    torch.manual_seed(0)
    assert torch.equal(flipped, random_flip(x))


def test_augmentation_leaves_its_input_alone():
    x = torch.rand(8, 1, 6, 6)
    before = x.clone()
    Augment(1)(x)
    assert torch.equal(x, before)
