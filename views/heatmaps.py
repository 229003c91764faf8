"""Heatmaps: what every conv layer makes of a picture, at every moment of training."""

from lab.ui.heatmaps.body import heatmaps
from lab.ui.heatmaps.fitting import without_heatmaps
from lab.ui.inside.look import live, look_inside

look = look_inside(without_heatmaps)
if look is not None:
    live(look, heatmaps)
