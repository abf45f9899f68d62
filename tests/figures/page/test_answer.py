"""An answer counts by its values; what cannot be read is refused in a sentence."""

from typing import Any

import numpy as np
import pytest
import torch
from second_device import second_device

from robustlib.figures import check, read_answer

FLOATS, CLASSES, TRUTHS = torch.tensor([1.0, 2.0]), torch.tensor([1, 2]), torch.tensor([True, False])
HERE = "where the chapter's code has"


@pytest.mark.parametrize(
    ("answer", "like", "remark"),
    [
        (torch.tensor([1.0, 2.0]), FLOATS, ""),
        ([1, 2.0], FLOATS, f"a list {HERE} a tensor"),
        ((torch.tensor(1), torch.tensor(2)), FLOATS, f"a tuple {HERE} a tensor"),
        ([torch.tensor(1.0), 2.0], FLOATS, f"a list {HERE} a tensor"),
        (np.array([2.0, 1.0])[::-1], FLOATS, f"a NumPy array {HERE} a tensor"),
        (torch.tensor([1, 2]), FLOATS, f"of torch.int64 {HERE} torch.float32"),
        (torch.tensor([1.0, 2.0], dtype=torch.float64), FLOATS, f"of torch.float64 {HERE} torch.float32"),
        (torch.tensor([1.0, 2.0], dtype=torch.float16), FLOATS, f"of torch.float16 {HERE} torch.float32"),
        (torch.tensor([1.0, 2.0]), CLASSES, f"of torch.float32 {HERE} torch.int64"),
        ([1, 0], TRUTHS, f"a list {HERE} a tensor"),
        (torch.tensor([1.0, 0.0]), TRUTHS, f"of torch.float32 {HERE} torch.bool"),
        (0.5, 0.5, ""),
        (np.float64(0.5), 0.5, ""),
        (torch.tensor([0.5]), 0.5, ""),
        ([0.5], 0.5, ""),
        (0.5, torch.tensor(0.5), f"a float {HERE} a tensor"),
    ],
)
def test_the_same_values_in_another_container(answer: Any, like: Any, remark: str) -> None:
    wanted = torch.as_tensor(like)
    found = []
    verdict = check(lambda answer: found.append(read_answer(answer, like=like, what="numbers")), answer)
    assert torch.equal(found[0], wanted) and found[0].dtype == wanted.dtype
    assert repr(verdict) == ("✓ passed" + (f", though your answer is {remark}" if remark else ""))


@pytest.mark.parametrize(
    ("answer", "like", "said"),
    [
        (..., FLOATS, "fill in the stub: return two numbers"),
        (None, FLOATS, "fill in the stub: return two numbers"),
        ("12", FLOATS, "return two numbers; nobody can read yours, of type str"),
        ({1.0, 2.0}, FLOATS, "of type set"),
        ([[1.0], [2.0, 3.0]], FLOATS, "of type list"),
        ([torch.ones(2), torch.ones(3)], FLOATS, "of type list"),
        (print, FLOATS, "of type builtin_function_or_method"),
        ([2**70, 1], FLOATS, "of type list"),
        (torch.tensor([1j, 2]), FLOATS, "your numbers are complex"),
        (torch.ones(2, 1), FLOATS, r"the shape \(2,\) is wanted, your answer has the shape \(2, 1\)"),
        (1.0, FLOATS, r"the shape \(2,\) is wanted, your answer has a single number"),
        (torch.ones(2), 0.5, r"a single number is wanted, your answer has the shape \(2,\)"),
        ([], 0.5, r"a single number is wanted, your answer has the shape \(0,\)"),
        (torch.tensor([1.0, 1.5]), CLASSES, "whole numbers, yours are not"),
        (torch.tensor([1.0, torch.nan]), CLASSES, "whole numbers"),
        (torch.tensor([1, 2]), TRUTHS, "each is True or False"),
        (torch.tensor([0.2, 1.0]), TRUTHS, "each is True or False"),
    ],
)
def test_what_cannot_be_read(answer: Any, like: Any, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        read_answer(answer, like=like, what="two numbers")


def test_an_answer_on_another_device_is_read_and_remarked_on() -> None:
    with second_device():
        answer = torch.tensor([1.0, 2.0], device="cuda")
        found = []
        verdict = check(lambda a: found.append(read_answer(a, like=FLOATS, what="numbers")), answer)
        assert found[0].device == FLOATS.device and torch.equal(found[0], FLOATS)
        assert verdict.message == "passed, though your answer is on cuda:0 and what it was given on cpu"
        assert read_answer([1, 2], like=answer, what="numbers").device == answer.device


def test_gradients_are_kept() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    for answer in (x * 3, (x * 3).double(), [x[0] * 3, x[1] * 3]):
        (g,) = torch.autograd.grad(read_answer(answer, like=FLOATS, what="numbers").sum(), x)
        assert g.tolist() == [3.0, 3.0]
    assert not read_answer((x * 3).detach(), like=FLOATS, what="numbers").requires_grad


def test_a_remark_is_made_once_and_only_in_a_check() -> None:
    def test(answer: Any) -> None:
        for _ in range(3):
            read_answer(answer, like=FLOATS, what="numbers")

    assert check(test, [1, 2]).message.count("though") == 1
    test([1, 2])
    assert check(test, FLOATS).message == "passed"
