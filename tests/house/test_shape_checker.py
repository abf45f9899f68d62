"""The shape checker is on: a test that passes wrong shapes fails, unless it says that it does so on purpose."""

import os

import pytest
import torch
from beartype.roar import BeartypeCallHintViolation

from robustlib.losses import cross_entropy


@pytest.mark.skipif(os.environ.get("ROBUSTLIB_TYPECHECK") == "0", reason="the checker is switched off")
def test_one_label_too_few_is_caught() -> None:
    with pytest.raises(BeartypeCallHintViolation, match="size of dimension n is 2"):
        cross_entropy(torch.zeros(3, 10), torch.zeros(2, dtype=torch.long))


@pytest.mark.skipif(os.environ.get("ROBUSTLIB_TYPECHECK") == "0", reason="the checker is switched off")
def test_an_integer_is_a_float() -> None:
    from robustlib.attacks import PGD

    assert PGD(eps=1).eps == 1
