"""What heatmaps say of units: of every rule what its values are, and where they count as on."""

from __future__ import annotations

import re
from typing import Any, get_args

import numpy as np
import pytest

from lab.boards.contestants import contestants
from lab.boards.heatmap_card import Choice, short
from lab.boards.heatmap_habits import Watched, habit_cards
from lab.boards.heatmap_maps import channel_cards, mean_cards
from lab.boards.seen import Seen
from lab.estimators import Estimator, Levels
from lab.figures.board import Pictures
from lab.models import Architecture
from lab.probes.habits import habits
from lab.probes.sight import conv_sizes, sight
from lab.recorder import Recorder
from tests.looking import looked_at, pictures
from tests.test_estimators_exact import EVERY, label

SHAPE = {"binary_layers": (1,)}
NET = Architecture.members["convnet"](**SHAPE)  # type: ignore[arg-type]
RULES = [
    *(rule for rule in EVERY if not rule.wraps and rule.refusal(NET.shapes) is None),
    Estimator.members["dorefa"](bit_width=2),  # type: ignore[call-arg]
]
TESTS = pictures(12)
PICTURE, *_ = TESTS


@pytest.mark.parametrize("levels", get_args(Levels))
@pytest.mark.parametrize("rule", RULES, ids=label)
def test_units_are_called_binary_where_they_are_and_on_where_they_are_counted(rule: Estimator, levels: Levels) -> None:
    specimen = looked_at("convnet", {**SHAPE, "levels": levels}, estimator=rule.model_dump())
    (run,) = contestants([specimen.experiment], [Recorder().snapshot()])
    seen, choice = [Seen(run, 7, 7, sight(specimen, PICTURE))], Choice(conv_sizes(NET)[0], 0)
    enlarged, _, after = channel_cards(seen, choice)
    means = mean_cards(seen, PICTURE, choice)[0].content
    assert isinstance(means, Pictures)
    own, values = [0.0, 1.0] if levels == "0/1" else [-1.0, 1.0], seen[0].answer.maps[0].after
    for words in (after.caption, means.tiles[1].help):
        assert set(np.unique(values)) <= set(own) or "binary" not in words
        assert ("units are binary" in words) == (rule.forward in ("bits", "soft"))
        if rule.forward == "scaled bits":
            times = 2 if "twice as far apart" in words else 1
            assert np.ptp(values) == pytest.approx(times * np.abs(seen[0].answer.maps[0].before).max())
    (_, firing) = habit_cards([Seen(run, 7, 7, Watched(habits(specimen, TESTS), TESTS, np.arange(12) % 10))], choice)
    for words in (enlarged.caption, firing.caption):
        assert len(np.unique(values)) == 2 or "level" not in words
        assert ("at the upper level" in words) != ("above the middle of its values" in words)
    on = int((values[0, 0] > np.mean(own)).sum())
    assert re.search(rf" {on} of {values[0, 0].size} positions are ", enlarged.caption)


@pytest.mark.parametrize("evaluation", ["sample", "mean", "threshold"])
@pytest.mark.parametrize("estimator", ["identity", "bernoulli"])
def test_where_units_are_drawn_it_is_said_that_they_are_one_draw(estimator: str, evaluation: str) -> None:
    fields: dict[str, Any] = {} if estimator == "identity" else {"evaluation": evaluation}
    specimen = looked_at("convnet", {"binary_layers": (2,)}, estimator=estimator, seed=3, **fields)
    (run,) = contestants([specimen.experiment], [Recorder().snapshot()])
    real, binary = (Choice(size, 0) for size in conv_sizes(specimen.experiment.architecture))
    watched = Seen(run, 7, 7, Watched(habits(specimen, TESTS), TESTS, np.arange(12) % 10))
    seen = [Seen(run, 7, 7, sight(specimen, PICTURE))]
    drawn = estimator == "bernoulli" and evaluation != "threshold"
    for choice in (real, binary):
        enlarged, before, after = channel_cards(seen, choice)
        _, firing = habit_cards([watched], choice)
        for card in (enlarged, after, firing):
            assert ("one draw" in card.caption) == ("seed (3)" in card.caption) == (drawn and choice is binary)
        assert "one draw" not in before.caption
    assert ("means are of one draw" in mean_cards(seen, PICTURE, binary)[0].caption) == drawn


def test_the_mean_of_a_code_is_drawn_on_the_scale_of_its_units() -> None:
    specimen = looked_at("autoencoder", {"code_bits": 20})
    (run,) = contestants([specimen.experiment], [Recorder().snapshot()])
    seen = [Seen(run, 7, 7, sight(specimen, PICTURE))]
    (card,) = mean_cards(seen, PICTURE, Choice(conv_sizes(specimen.experiment.architecture)[0], 0))
    maps = seen[0].answer.of("code")
    assert maps is not None
    assert isinstance(card.content, Pictures)
    (tile,) = [tile for tile in card.content.tiles if tile.label == "code"]
    (drawn,) = np.frombuffer(tile.image.values, np.uint8)
    low = 0.0 if maps.levels == "0/1" else -1.0
    assert drawn / 255 == pytest.approx((maps.after.mean() - low) / (1 - low), abs=1 / 255)
    assert 0 < drawn < 255
    assert f"Code has a single position: its square is the mean of its 20 units, {short(maps.after.mean())}" in (
        card.caption
    )


def test_real_units_are_called_real() -> None:
    specimen = looked_at("convnet", {"binary_layers": ()}, estimator="ternary")
    (run,) = contestants([specimen.experiment], [Recorder().snapshot()])
    enlarged, _, after = channel_cards([Seen(run, 7, 7, sight(specimen, PICTURE))], Choice(conv_sizes(NET)[0], 0))
    assert "the units are real" in after.caption
    assert "positions are above 0." in enlarged.caption


def test_rules_of_every_kind_are_among_those() -> None:
    assert {rule.forward for rule in RULES} == {"bits", "soft", "ternary", "scaled bits", "several bits"}
