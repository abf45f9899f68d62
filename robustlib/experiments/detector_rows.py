"""What detectors say of adversarial examples, as rows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from robustlib.detectors import KernelDensity
from robustlib.evaluation import Detection, wilson
from robustlib.evaluation.detection import LEVELS
from robustlib.experiments.adversarial_examples import AdversarialExamples
from robustlib.experiments.rows import Row, one, pack, select
from robustlib.interfaces import Detector, Images

BROKEN = "right when clean, wrong when attacked"


@torch.no_grad()
def detector_scores(detector: Detector, x: Images, batch: int = 500) -> Tensor:
    """The scores of many images, on the CPU."""
    return torch.cat([detector.score(part).float().cpu() for part in x.split(batch)])


def before_and_after(detector: Detector, made: AdversarialExamples, held_out: Tensor | None = None) -> Detection:
    """Scores of the images that the attack broke, before and after."""
    fooled = made.fooled.to(made.x.device)
    if not fooled.any():
        return Detection(torch.zeros(0), torch.zeros(0), held_out)
    return Detection(detector_scores(detector, made.x[fooled]), detector_scores(detector, made.x_adv[fooled]), held_out)


def detection_rows(found: Detection, *, curves: bool = True, **columns: Any) -> list[Row]:
    """AUC, and at 1 and 5 % false positives the detection rate and the false positive rate really met.

    With `curves` the AUC carries its ROC points and its histogram. Where nothing was broken, n is 0 and nothing has a
    value. The columns say at least which detector (`defense`) and which attack.
    """
    columns = {"images": BROKEN} | columns
    record = found.record()
    series = {name: record[name] for name in ("roc", "histogram") if curves and record[name] is not None}
    rows = [Row("AUC", record["auc"], record["n"], record["low"], record["high"], series=series, **columns)]
    for metric, key, n in (("detection rate", "caught", "n"), ("false positive rate", "refused", "normal")):
        for level in LEVELS:
            at = (record[key] or {}).get(f"{level:g}", dict.fromkeys(("share", "low", "high")))
            ends = at["share"], record[n], at["low"], at["high"]
            rows.append(Row(metric, *ends, false_positives=level, **columns))
    return rows


def detection_record(rows: Iterable[Row]) -> dict[str, Any] | None:
    """These rows of one detector and one attack as the figures take them, i.e. as `Detection.record` said it.

    None where nothing was broken.
    """
    auc = one(found := list(rows), metric="AUC")
    if auc.value is None:
        return None
    record = {"auc": auc.value, "low": auc.low, "high": auc.high, "n": auc.n, **auc.series}
    for metric, key in (("detection rate", "caught"), ("false positive rate", "refused")):
        at = select(found, metric=metric)
        record[key] = {f"{r.false_positives:g}": {"share": r.value, "low": r.low, "high": r.high} for r in at}
        record |= {"normal": at[0].n} if key == "refused" else {}
    return record


def quantile_row(metric: str, values: Tensor, **columns: Any) -> Row:
    """Median and middle half of some values, with their mean in the series; without a value where there is none."""
    if len(values) == 0:
        return Row(metric, None, 0, **columns)
    low, middle, high = (round(v, 5) for v in values.float().quantile(torch.tensor([0.25, 0.5, 0.75])).tolist())
    mean = round(values.float().mean().item(), 5)
    return Row(metric, middle, len(values), low, high, series={"mean": mean}, **columns)


def share_row(metric: str, hits: int, n: int, **columns: Any) -> Row:
    """A share with its Wilson interval; without a value where it is of nothing."""
    low, high = wilson(hits, n) if n else (None, None)
    return Row(metric, hits / n if n else None, n, low, high, **columns)


def clean_row(correct: Tensor, **columns: Any) -> Row:
    """The accuracy on images that nobody attacked, with the fate of each."""
    return share_row("accuracy", int(correct.sum()), len(correct), bits=pack(correct), **columns)


@torch.no_grad()
def gamma_curve(
    density: KernelDensity, made: AdversarialExamples, gammas: Sequence[float]
) -> Mapping[str, Mapping[str, float] | None]:
    """The AUC and its interval at every gamma, as a series; the features are computed once."""
    fooled = made.fooled.to(made.x.device)
    if not fooled.any():
        return {f"{g:g}": None for g in gammas}
    sides = []
    for images in (made.x[fooled], made.x_adv[fooled]):
        z = torch.cat([density.model.features(part) for part in images.split(500)])
        sides.append((z, density.model.head(z).argmax(1)))
    found: dict[str, Mapping[str, float] | None] = {}
    for g in gammas:
        at = density.at(g)
        detection = Detection(*(at.log_density(z, label).cpu() for z, label in sides))
        low, high = detection.interval
        found[f"{g:g}"] = {"auc": round(detection.auc, 5), "low": round(low, 5), "high": round(high, 5)}
    return found
