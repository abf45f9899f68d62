"""A block of numbers for the reader's Python in the page: the part of torch's tensors that attacks on one image need.

Runs in MicroPython. The numbers stay in JavaScript (`page`, see worker.js), because a loop over them here would take
seconds. A block that is reduced to one number becomes a plain float.
"""

from page import page


class Tensor:
    """Numbers of one shape, as torch's: `x + eps * g.sign()`, `x.clip(low, high)`, `(a - b).abs().max()`, `x[3, 4]`."""

    def __init__(self, held, shape):
        self.held = held
        self.shape = tuple(shape)

    def _with(self, what, other, turned=False):
        """The result of `what`, number by number."""
        if isinstance(other, Tensor):
            if other.shape != self.shape:
                raise ValueError(f"shapes {self.shape} and {other.shape} do not fit")
            other = other.held
        elif not isinstance(other, (int, float)):
            raise TypeError(f"a tensor and {type(other).__name__} do not go together")
        else:
            other = float(other)
        pair = (other, self.held) if turned else (self.held, other)
        return Tensor(page.each(what, *pair), self.shape)

    def __add__(self, other):
        return self._with("add", other)

    def __radd__(self, other):
        return self._with("add", other)

    def __sub__(self, other):
        return self._with("sub", other)

    def __rsub__(self, other):
        return self._with("sub", other, True)

    def __mul__(self, other):
        return self._with("mul", other)

    def __rmul__(self, other):
        return self._with("mul", other)

    def __truediv__(self, other):
        return self._with("div", other)

    def __rtruediv__(self, other):
        return self._with("div", other, True)

    def __pow__(self, other):
        return self._with("pow", other)

    def __gt__(self, other):
        return self._with("gt", other)

    def __lt__(self, other):
        return self._with("lt", other)

    def __neg__(self):
        return self._with("mul", -1)

    def sign(self):
        return self._with("sign", 0)

    def abs(self):
        return self._with("abs", 0)

    def sqrt(self):
        return self._with("pow", 0.5)

    def clip(self, min=None, max=None):
        found = self if min is None else self._with("max", min)
        return found if max is None else found._with("min", max)

    clamp = clip

    def clone(self):
        return self._with("add", 0)

    def max(self):
        return float(page.whole("max", self.held))

    def min(self):
        return float(page.whole("min", self.held))

    def sum(self):
        return float(page.whole("sum", self.held))

    def mean(self):
        return self.sum() / self.numel()

    def norm(self, p=2):
        """The length in L2, or for p = float("inf") the largest size of a number."""
        return self.abs().max() if p == float("inf") else float(page.whole("sum", (self.abs() ** p).held)) ** (1 / p)

    def argmax(self):
        return int(page.whole("argmax", self.held))

    def argmin(self):
        return int(page.whole("argmax", (-self).held))

    def isnan(self):
        return self._with("nan", 0)

    def numel(self):
        n = 1
        for size in self.shape:
            n *= size
        return n

    def _place(self, index):
        """The first number that an index (i, or i, j) is for, and the shape of what it is for."""
        index = index if isinstance(index, tuple) else (index,)
        if len(index) > len(self.shape) or not all(isinstance(i, int) for i in index):
            raise IndexError(f"a tensor of shape {self.shape} is indexed by whole numbers, not by {index}")
        at = 0
        for place, i in enumerate(index):
            size = self.shape[place]
            if not -size <= i < size:
                raise IndexError(f"index {i} is out of range for a side of {size}")
            at = at * size + i % size
        rest = self.shape[len(index) :]
        for size in rest:
            at *= size
        return at, rest

    def __getitem__(self, index):
        at, rest = self._place(index)
        return Tensor(page.part(self.held, at, rest[0]), rest) if rest else float(page.at(self.held, at))

    def __setitem__(self, index, value):
        at, rest = self._place(index)
        if rest:
            raise IndexError("one number can be set at a time: x[i, j] = 0.5")
        page.put(self.held, at, float(value))

    def __len__(self):
        return self.shape[0]

    def tolist(self):
        return [self[i].tolist() if len(self.shape) > 1 else self[i] for i in range(len(self))]

    def __repr__(self):
        if self.numel() > 20:
            return f"tensor of shape {self.shape}, from {self.min():.4g} to {self.max():.4g}"
        numbers = ", ".join([f"{v:.4f}" for v in self.tolist()])
        return f"tensor([{numbers}])"
