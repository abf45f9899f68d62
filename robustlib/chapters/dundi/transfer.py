"""Adversarial images made on another network and shown to this one: figures 6 and 7, and table 2, of DunDi."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from robustlib.chapters.dundi.oracles import draws_row, oracle_head, read_by
from robustlib.chapters.dundi.source_images import CLEAN_CORRECT, FOOLED, Source, columns, said
from robustlib.evaluation.outcome import correct
from robustlib.experiments.checkpoints import load_model
from robustlib.experiments.features import features_of
from robustlib.experiments.measurement import Findings, Subject
from robustlib.models import Classifier


@dataclass(frozen=True)
class TransferAccuracy:
    """Measures one network on the source's images; a distance network through oracles, over several draws of them.

    Counted are the images that the source reads right when clean, all of them and those that fooled it.
    """

    source: Source
    oracles: bool = True  # False: a softmax network, read as it is
    sizes: tuple[int, ...] = (1, 5, 10, 20)
    draws: int = 5

    def __call__(self, on: Subject) -> Findings:
        attacks = self.source.attacks(smaller=True)
        network = load_model(self.source.network, on.seed, device=next(on.model.parameters()).device)
        heads = self.heads(on)
        usual = read_by() if self.oracles else ""
        clean = correct(Classifier(on.model.body, heads[usual][0]), *on.dataset.test[: on.n])
        rows = [draws_row([clean], defense=usual)]
        for key, made in self.source.made(network, on.dataset, attacks).items():
            made_by = {"source": self.source.network, **columns(key[0], attacks[key])}
            mean_l2 = made.outcome.l2.sum() / made.clean_correct.sum().clamp(min=1)  # the others did not move
            moved = {"largest_linf": round(made.outcome.linf.max().item(), 6), "mean_l2": round(mean_l2.item(), 4)}
            for defense, readers in heads.items():
                answers = [correct(Classifier(on.model.body, head), made.x_adv, made.y).cpu() for head in readers]
                every, fooled = ([a[which] for a in answers] for which in (made.clean_correct, made.fooled))
                rows.append(draws_row(every, defense=defense, images=CLEAN_CORRECT, **made_by, **moved))
                rows.append(draws_row(fooled, defense=defense, images=FOOLED, **made_by))
        return Findings(rows, {said(*key): attack for key, attack in attacks.items()})

    def heads(self, on: Subject) -> Mapping[str, list[Any]]:
        """Heads to read by, by what the rows call it: one for each draw of the oracles, or the network's own."""
        if not self.oracles:
            return {"": [on.model.head]}
        z, y = features_of(on.model, on.dataset.train, len(on.dataset.train))
        classes = len(on.dataset.classes)
        return {read_by(n): [oracle_head(z, y, classes, n, draw) for draw in range(self.draws)] for n in self.sizes}
