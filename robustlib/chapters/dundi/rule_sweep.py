"""The numbers of DunDi's two-step rule varied one at a time: oracles n, those of step 1 m, classes it keeps K."""

from dataclasses import dataclass
from typing import Any

import torch

from robustlib.attacks import DDN, Transfer
from robustlib.chapters.dundi.least_distance import distance_row, least_distances
from robustlib.chapters.dundi.oracles import K, M, N, counted_oracles, draws_row
from robustlib.chapters.dundi.source_images import CLEAN_CORRECT, Source, columns, said
from robustlib.experiments.checkpoints import load_model
from robustlib.experiments.features import features_of
from robustlib.experiments.measurement import Findings, Subject
from robustlib.experiments.rows import Row
from robustlib.interfaces import Attack, Features, Images, Labels
from robustlib.models import Classifier, NearestOracles, TwoStep, draw_oracles

Setting = tuple[int, int, int]  # n, m, K
VARIED: dict[str, tuple[Setting, ...]] = {
    "n": ((1, 1, K), (5, M, K), (N, M, K), (20, M, K)),
    "m": ((N, 1, K), (N, M, K), (N, N, K)),
    "K": ((N, M, 1), (N, M, 2), (N, M, K), (N, M, 10)),
}
LEAST: Setting = (N, 1, 1)  # one oracle of each class decides alone
SETTINGS = tuple(dict.fromkeys((*sum(VARIED.values(), ()), LEAST)))


def read_with(setting: Setting) -> str:
    """The column `defense` of what was read so: "two-step, 10 oracles, m = 3, K = 5"."""
    n, m, k = setting
    return f"two-step, {counted_oracles(n)}, m = {m}, K = {k}"


@dataclass(frozen=True)
class RuleSweep:
    """One distance network read with other n, m and K: accuracy, the source's images read right, R(f), and the cost.

    Accuracies are means over draws of the oracles; R(f), by DDN on the exact distances and through both steps, rests on
    the first draw. Source: Cui et al. 2019, section 4.4 with its footnote 2, which varies n alone.
    """

    source: Source
    settings: tuple[Setting, ...] = SETTINGS
    draws: int = 5
    moved: int = 200  # images of R(f)
    steps: int = 100  # of DDN

    @torch.no_grad()
    def __call__(self, on: Subject) -> Findings:
        network = load_model(self.source.network, on.seed, device=next(on.model.parameters()).device)
        attacks = self.source.attacks()
        made = self.source.made(network, on.dataset, attacks)
        z, y = features_of(on.model, on.dataset.train, len(on.dataset.train))
        at, truth = features_of(on.model, on.dataset.test, on.n)
        shown = {key: embedded(on.model, images.x_adv) for key, images in made.items()}
        rows: list[Row] = []
        for setting in self.settings:
            how, heads = read_with(setting), [head(on, z, y, setting, draw) for draw in range(self.draws)]
            rows.append(draws_row([read(at).argmax(1) == truth for read in heads], defense=how))
            rows.append(Row("distances per image", heads[0].comparisons, len(truth), defense=how))
            for key, images in made.items():
                right = [(read(shown[key]).argmax(1) == images.y).cpu()[images.clean_correct] for read in heads]
                asked: dict[str, Any] = {"images": CLEAN_CORRECT, "source": self.source.network}
                rows.append(draws_row(right, defense=how, **asked, **columns(key[0], attacks[key])))
            rows.append(self.nearest(on, Classifier(on.model.body, heads[0]).eval(), z, y, setting))
        return Findings(rows, {said(*key): attack for key, attack in attacks.items()} | {"DDN": DDN(self.steps)})

    def nearest(self, on: Subject, reader: Classifier, z: Features, y: Labels, setting: Setting) -> Row:
        """R(f) of one reading."""
        exact = NearestOracles(*draw_oracles(z, y, setting[0], 0), len(on.dataset.classes))
        smooth = Classifier(on.model.body, exact).eval()
        ddn = DDN(self.steps)
        attacks: dict[str, Attack] = {"on distances": Transfer(smooth, ddn), "through both steps": ddn}
        found = least_distances(attacks, reader, on.dataset.test[: min(self.moved, on.n)][0], on.seed)
        sizes = torch.stack([*found.values()]).amin(0)
        return distance_row(sizes, attack="DDN", norm="L2", steps=self.steps, defense=read_with(setting))


def head(on: Subject, z: Features, y: Labels, setting: Setting, draw: int) -> TwoStep:
    """The two-step rule on one draw of the oracles; with few classes K is their number."""
    (n, m, k), classes = setting, len(on.dataset.classes)
    return TwoStep(*draw_oracles(z, y, n, draw), classes, m, min(k, classes))


@torch.no_grad()
def embedded(model: Classifier, x: Images) -> Features:
    """The embeddings of images, computed a few at a time."""
    return torch.cat([model.features(part) for part in x.split(500)])
