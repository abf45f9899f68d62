"""Every value of every file is there once, and what is said of values is said of ones that exist."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from robustlib.chapters.scorecard import departures, links
from robustlib.chapters.scorecard.values import (
    CURVE,
    FOREIGN,
    PAPERS,
    PRINTED,
    SETTING,
    SUPPLEMENT,
    TABLES,
    every,
    mapped,
    shortened,
)

FOLDER = Path(__file__).resolve().parents[3] / "data" / "paper_tables"
BY_KEY = {(v.paper, v.key): v for v in every()}


def test_every_value_of_every_file_is_there_once():
    found = Counter((v.paper, v.table, v.number) for v in every())
    wanted = Counter()
    for path in FOLDER.glob("*.csv"):
        paper = next(p for p in PAPERS if path.stem.startswith(f"{p}_"))
        with path.open(encoding="utf-8", newline="") as file:
            for number, line in enumerate(csv.DictReader(file), 1):
                if line["value"]:
                    wanted[paper, path.stem.removeprefix(f"{paper}_"), number] += 1
    assert found == wanted and max(found.values()) == 1


def test_the_groups_have_the_sizes_that_were_counted_by_hand():
    """407 in the papers: 20 + 95 + 53 + 158 + 81; of AT2L's supplement 395; 72 curves of 11 points; 24 settings."""
    groups = Counter(v.group for v in every())
    assert groups == {PRINTED: 407, SUPPLEMENT: 395, CURVE: 792, SETTING: 24, FOREIGN: 4}
    own = Counter(v.paper for v in every() if v.group == PRINTED)
    assert own == {"robust_representations": 20, "rce": 95, "dundi": 53, "madnet": 158, "at2l": 81}


def test_a_value_is_in_the_unit_of_the_rule_that_maps_it():
    for paper in PAPERS:
        for key, rule in mapped(paper).items():
            value = BY_KEY[paper, key]
            assert value.value == pytest.approx(rule.value), (paper, key)
            assert value.as_printed(value.value) == pytest.approx(float(value.line["value"]))


def test_a_rate_of_transfer_is_no_error():
    assert BY_KEY["rce", "text:1"].value == 0.5 and BY_KEY["rce", "table1:1"].value == pytest.approx(0.9962)
    assert BY_KEY["rce", "text:2"].value == 0.15 and BY_KEY["rce", "table3:2"].value == 17.12


def test_a_repeated_value_names_the_line_that_it_repeats():
    """Of the same data set and attack, and the same number but where the paper prints two."""
    for (paper, key), line in departures.REPEATS.items():
        value, other = BY_KEY[paper, key], BY_KEY[paper, line]
        assert value.line["dataset"] == other.line["dataset"]
        assert other.line["attack"].split()[:1] == value.line["attack"].split()[:1]
        two_numbers = {"text:4", "supp_text:7"} | {f"supp_table{t}:{i}" for t in (10, 11) for i in range(1, 6)}
        assert float(value.line["value"]) == float(other.line["value"]) or (paper == "at2l" and key in two_numbers)


def test_departures_and_links_speak_of_tables_and_lines_that_exist():
    lists = (departures.UNTESTABLE, departures.OTHER, departures.READINGS, departures.OTHER_READINGS)
    for paper, place, *where in (key for each in lists for key in each):
        lines = [v.line for v in every() if v.paper == paper and place in (v.table, v.key)]
        assert lines and all(any(line[name] == said for line in lines) for name, said in (where[0] if where else ()))
    assert set(departures.BOUNDS) <= set(BY_KEY)
    assert set(links.TABLES) == {(paper, table) for paper, tables in TABLES.items() for table in tables}


def test_words_that_every_line_repeats_are_left_out():
    said = "AT2L; training attacks: Gradient-based; 10 iteration(s) of adversarial training, AT2L, FGSM, "
    assert shortened(said) == "AT2L, Gradient-based; 10. iteration, AT2L, FGSM"
    assert links.called("supp_table4") == "table 4 (s)" and links.called("table2") == "table 2"
