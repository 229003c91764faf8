"""Cards of the Heatmaps page for nets that lack something: an answer, or anything that changes it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from lab.boards.heatmap_card import Choice
from lab.boards.heatmap_habits import Watched, habit_cards
from lab.boards.heatmap_reasons import occlusion_cards
from lab.boards.seen import Seen
from lab.figures.board import Pictures
from lab.probes.habits import habits
from lab.probes.occlusion import occlusion
from lab.probes.sight import conv_sizes
from tests.looking import looked_at
from tests.test_heatmap_cards import LABELS, PICTURE, TESTS, runs_of


def test_a_net_that_could_not_answer_says_so_beside_the_answer_of_the_other() -> None:
    nets, sorry = [looked_at("convnet"), looked_at("convnet", seed=4)], "It could not answer."
    choice = Choice(conv_sizes(nets[0].experiment.architecture)[0], 1)
    runs = runs_of(nets)
    watched = Watched(habits(nets[1], TESTS), TESTS, LABELS)
    found: list[list[Any]] = [[sorry, occlusion(nets[1], PICTURE, stride=7)], [sorry, watched]]
    occlusions, habitual = ([Seen(run, 7, 7, each) for run, each in zip(runs, pair, strict=True)] for pair in found)
    cards = [*occlusion_cards(occlusions, PICTURE), *habit_cards(habitual, choice)]
    kinds = ("occlusion", "patches", "firing")
    assert [card.id for card in cards] == [f"{kind}.{side}" for kind in kinds for side in (0, 1)]
    for without, there in zip(cards[::2], cards[1::2], strict=True):
        assert without.caption == sorry
        assert isinstance(there.content, Pictures)


def test_a_map_without_any_effect_says_so_and_why() -> None:
    specimen = looked_at("convnet")
    (run,) = runs_of([specimen])
    found = occlusion(specimen, PICTURE, stride=7)
    blank = np.zeros_like(PICTURE)
    said = {}
    for name, answer, picture in [
        ("effect", found, PICTURE),
        ("none", replace(found, falls=np.zeros_like(found.falls)), PICTURE),
        ("blank", occlusion(specimen, blank, stride=7), blank),
    ]:
        (card,) = occlusion_cards([Seen(run, 7, 7, answer)], picture)
        said[name] = card.caption
    assert "0 everywhere" not in said["effect"]
    assert "0 everywhere: wherever the square lies, the answer stays the same." in said["none"]
    assert "0 everywhere: the picture is blank" in said["blank"]
