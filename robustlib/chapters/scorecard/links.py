"""Where the book repeats what a table of a paper prints: the page and heading of its chapter."""

from collections.abc import Mapping

PAPERS = "../papers/"
RCE, DUNDI, MADNET = (f"{name}.html#" for name in ("reverse_cross_entropy", "dundi", "madnet"))
AT2L, INPUTS, TRIPLETS = (f"{name}.html#" for name in ("at2l", "input_defences", "robust_representations"))
THERMOMETER = INPUTS + "thermometer-table-1-and-the-supplement-s-tables-8-to-11"
VIEWS, GAN = (
    INPUTS + "random-views-cifar-10-here-imagenet-as-a-recipe",
    INPUTS + ("defense-gan-table-3-and-the-supplement-s-table-14"),
)
PHOTOGRAPHS = AT2L + "cifar-10-and-photographs-the-supplement-s-tables-6-7-1-and-2"
DIGITS = AT2L + "tables-4-and-5-of-the-supplement"
TABLES: Mapping[tuple[str, str], str] = {
    ("rce", "table1"): RCE + "accuracy-without-an-attack",
    ("rce", "table2"): RCE + "table-2-the-oblivious-attacker",
    ("rce", "table3"): RCE + "the-white-box-attacker",
    ("rce", "table4"): RCE + "the-black-box-attacker",
    ("rce", "text"): RCE + "the-black-box-attacker",
    ("dundi", "table1"): DUNDI + "how-accurate-is-a-distance",
    ("dundi", "fig6_averages"): DUNDI + "how-the-paper-measures-robustness",
    ("dundi", "table2"): DUNDI + "does-more-data-help",
    ("dundi", "fig7_quoted"): DUNDI + "how-many-oracles",
    ("dundi", "text_accuracy"): DUNDI + "how-accurate-is-a-distance",
    ("madnet", "table1"): MADNET + "table-1-digits",
    ("madnet", "table2"): MADNET + "tables-2-and-3-photographs",
    ("madnet", "table3"): MADNET + "tables-2-and-3-photographs",
    ("madnet", "table4"): MADNET + "table-4-a-proxy",
    ("madnet", "text"): MADNET + "three-readings-of-one-attack",
    ("madnet", "table5"): MADNET + "table-5-the-settings",
    ("madnet", "appendixC"): MADNET + "what-was-trained",
    ("at2l", "fig1_fig2_digitised"): AT2L + "figures-2-and-3-of-the-paper",
    ("at2l", "table1"): THERMOMETER,
    ("at2l", "table2"): VIEWS,
    ("at2l", "table3"): GAN,
    ("at2l", "text"): INPUTS + "the-paper-s-tables-beside-ours",
    **{("at2l", f"supp_table{i}"): PHOTOGRAPHS for i in (1, 2, 6, 7)},
    **{("at2l", f"supp_table{i}"): DIGITS for i in (4, 5)},
    **{("at2l", f"supp_table{i}"): THERMOMETER for i in (8, 9, 10, 11)},
    **{("at2l", f"supp_table{i}"): VIEWS for i in (12, 13)},
    ("at2l", "supp_table14"): GAN,
    ("at2l", "supp_text"): AT2L + "no-loss-of-accuracy",
    ("at2l", "tla"): AT2L + "the-same-pgd-training-with-and-without-a-triplet",
    ("robust_representations", "table1"): TRIPLETS + "the-report-s-table-measured-again",
    ("robust_representations", "architecture"): TRIPLETS + "train-one",
}
CALLED = {
    "fig6_averages": "figure 6", "fig7_quoted": "figure 7", "text_accuracy": "section 4.2", "appendixC": "appendix C",
    "fig1_fig2_digitised": "figures 1, 2", "tla": "AutoAttack's list", "supp_text": "text (s)",
}  # fmt: skip


def called(table: str) -> str:
    """How a reader finds a table: "table 2"; of the supplement "table 4 (s)"."""
    if table in CALLED:
        return CALLED[table]
    said = table.removeprefix("supp_").replace("table", "table ")
    return f"{said} (s)" if table.startswith("supp") else said
