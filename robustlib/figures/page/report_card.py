"""The report card as one HTML page (offline, no scripts, by keyboard, light and dark) and its JSON."""

import re
from html import escape
from pathlib import Path

from robustlib.evaluation.card import CANNOT, FAILS, PASSES, Check
from robustlib.evaluation.card.report import ReportCard
from robustlib.figures.page.assets import asset
from robustlib.files import write_bytes, write_json

CSS = asset(__name__, "report_card.css")
HEADS = {FAILS: ("fails", "✕ Fails"), CANNOT: ("cannot", "? Cannot be judged"), PASSES: ("passes", "✓ Passes")}


def report_card_page(card: ReportCard) -> str:
    """The whole page. Failures are open, everything else is folded; a line of the overview leads to its check."""
    kind, word = HEADS[card.verdict]
    attacks = "".join(f"<li><code>{escape(attack)}</code></li>" for attack in card.attacks)
    stopped = f'<p class="stopped"><b>Stopped.</b> {escape(card.stopped)}</p>' if card.stopped else ""
    body = f"""<header><p class="badge {kind}">{word}</p><h1>{escape(card.headline)}</h1>
<p>{escape(card.model)}. {escape(card.rests_on)}. {card.seconds:.0f} seconds.</p><ul>{attacks}</ul>{stopped}</header>
<main><nav aria-label="All checks"><ol>{"".join(_link(check) for check in card.checks)}</ol></nav>
{"".join(_section(card, verdict) for verdict in HEADS)}</main>"""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Report card: {escape(card.verdict)}</title>
<style>{CSS}</style></head><body>{body}</body></html>
"""


def write_page(card: ReportCard, page: Path) -> None:
    """The page at this path, and the card as JSON beside it, under the same name. Raises: OSError as `files.whole`."""
    write_json(page.with_suffix(".json"), card.record())
    write_bytes(page, report_card_page(card).encode())


def _anchor(check: Check) -> str:
    return re.sub(r"[^a-z0-9]+", "-", check.name.lower())


def _link(check: Check) -> str:
    kind, word = HEADS[check.verdict]
    sign = word.split()[0]
    return (
        f'<li class="{kind}"><a href="#{_anchor(check)}"><span aria-hidden="true">{sign}</span> {escape(check.name)}'
        f'<span class="unseen">: {escape(check.verdict)}</span></a></li>'
    )


def _section(card: ReportCard, verdict: str) -> str:
    checks = [check for check in card.checks if check.verdict == verdict]
    if not checks:
        return ""
    kind, word = HEADS[verdict]
    return f'<section class="{kind}"><h2>{word} ({len(checks)})</h2>{"".join(map(_check, checks))}</section>'


def _check(check: Check) -> str:
    opened = " open" if check.verdict == FAILS else ""
    todo = f"<p><b>What to do.</b> {escape(check.what_to_do)}</p>" if check.verdict != PASSES else ""
    return (
        f'<details id="{_anchor(check)}"{opened}><summary><b>{escape(check.name)}:</b> {escape(check.measured)}.'
        f"</summary><p><b>Why it matters.</b> {escape(check.why)}</p>{todo}"
        f"<p><small>{check.passes:.0f} passes an image.</small></p></details>"
    )
