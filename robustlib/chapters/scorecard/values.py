"""Every value that data/paper_tables holds, once: where it is printed, of what, and what of it can be compared."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from robustlib.experiments.matching import matches
from robustlib.experiments.printed import Reported, printed, reported

PAPERS = {
    "rce": "Reverse cross-entropy",
    "dundi": "DunDi",
    "madnet": "MadNet",
    "at2l": "AT²L",
    "robust_representations": "Robust representations",
}
TABLES = {  # the files, in the order of the paper
    "rce": ("table1", "table2", "table3", "table4", "text"),
    "dundi": ("table1", "fig6_averages", "table2", "fig7_quoted", "text_accuracy"),
    "madnet": ("table1", "table2", "table3", "table4", "text", "table5", "appendixC"),
    "at2l": (
        "fig1_fig2_digitised", "table1", "table2", "table3", "text", *(f"supp_table{i}" for i in (1, 2, *range(4, 15))),
        "supp_text", "tla",
    ),
    "robust_representations": ("table1", "architecture"),
}  # fmt: skip
PRINTED, SUPPLEMENT, CURVE, SETTING, FOREIGN = "paper", "supplement", "curve", "setting", "other paper"
GROUPS = {"fig1_fig2_digitised": CURVE, "tla": FOREIGN}
GROUPS |= dict.fromkeys(("table5", "appendixC", "architecture"), SETTING)
# A metric as printed -> offset and scale to ours: an error of 3 % is an accuracy of 0.97.
UNITS = {"error_pct": (1.0, -0.01), "ratio": (0.0, 1.0), "distortion": (0.0, 1.0)}
UNITS |= dict.fromkeys(("accuracy_pct", "defense_success_pct", "auc_x100"), (0.0, 0.01))
RATE, RATES = (0.0, 0.01), (("rce", "text"),)  # printed as errors of another network, which are rates of transfer


@dataclass(frozen=True)
class Value:
    """One printed value with its line."""

    paper: str
    table: str  # its file, without the paper's name
    number: int  # of the line of the file, from 1
    line: Mapping[str, str] = field(repr=False)

    @property
    def key(self) -> str:
        """As the mapping files name a line: "table1:3"."""
        return f"{self.table}:{self.number}"

    @property
    def group(self) -> str:
        """Of the paper itself, its supplement, a digitised curve, a setting, or another paper's number."""
        return GROUPS.get(self.table, SUPPLEMENT if self.table.startswith("supp") else PRINTED)

    @property
    def value(self) -> float:
        """In the unit of our rows. Raises: KeyError for a setting, which is no measured number."""
        offset, scale = self._unit
        return offset + scale * float(self.line["value"])

    def as_printed(self, value: float) -> float:
        """A number of ours in the unit of the paper. Raises: KeyError as `value`."""
        offset, scale = self._unit
        return (value - offset) / scale

    @property
    def _unit(self) -> tuple[float, float]:
        return RATE if (self.paper, self.table) in RATES else UNITS[self.line["metric"]]

    @property
    def said(self) -> str:
        """Of what it is, in the paper's words made short."""
        names = ["dataset", "model", "training", "defense", "attack", "attack_params"]
        if self.paper != "rce" and (self.paper, self.table) != ("dundi", "table1"):
            names.remove("defense")  # which elsewhere repeats the model or the training
        parts = [self.line["parameter"]] if self.group == SETTING else [self.line[name] for name in names]
        return shortened(", ".join(dict.fromkeys(filter(None, parts))))


SHORT = {
    "adversarial training without triplet loss; training attacks: ": "AT, ",
    "AT2L; training attacks: ": "AT2L, ",
    " iteration(s) of adversarial training": ". iteration",
    "eps=0.3 in the FGSM family; C&W: 1000 iterations, c from 1e-3 doubling up to 2, learning rate 5e-3": "",
    "crafted with the generator of Feinman et al. 2017; parameters not printed": "",
    "DunDi two-step classification; ": "",
    "oracle images per class n=": "oracles ",
    "thermometer adversarial training + triplet regularization": "thermometer + triplet",
    "thermometer adversarial training": "thermometer",
    "triplet regularization": "triplet",
    "pre-trained DNN module; only the Embedding module trained": "",
    "substitute ResNet-32 trained with": "made on ResNet-32",
    "; 10 iterations": "",
    "step 0.01; 9 binary-search rounds; 10000 iterations": "",
    "no adversarial training stated (block MAD)": "MAD",
    "cross-entropy (block CE)": "",
    "cross-entropy (column CE)": "",
    " by the authors": "",
    "softmax cross-entropy (row Softmax)": "Softmax",
    "triplet loss with stop-gradient before the softmax layer (row Ours)": "Ours",
    "row Ours + PGD adversarial training": "Ours_PGD",
    "row Ours + FGSM adversarial training": "Ours_FGSM",
    "eps not printed": "",
}


def shortened(text: str) -> str:
    """Without what every line of a table repeats."""
    for words, short in SHORT.items():
        text = text.replace(words, short)
    return ", ".join(part.strip(" ;") for part in text.split(",") if part.strip(" ;"))


@cache
def every() -> tuple[Value, ...]:
    """All of them, in the order of the papers. A line without a value ("N/A") is none."""
    return tuple(
        Value(paper, table, number, line)
        for paper, tables in TABLES.items()
        for table in tables
        for number, line in enumerate(printed(paper, table), 1)
        if line["value"]
    )


@cache
def mapped(paper: str) -> Mapping[str, Reported]:
    """The rule of each line that has one: "table1:3" -> the columns of our rows."""
    return {f"{n.table}:{n.line}": n for n in reported(paper)}


def named(of: Mapping[Any, Any], value: Value) -> Iterator[Any]:
    """What a list of this house says of a value: its entries are keyed by paper and table, or by paper and line."""
    for (paper, place, *where), said in of.items():
        fits = all(matches(value.line.get(name, ""), wanted) for name, wanted in (where[0] if where else ()))
        if paper == value.paper and place in (value.table, value.key) and fits:
            yield said
