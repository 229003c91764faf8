"""Reconstructions: what autoencoders give back, and what each bit of their codes has a part in."""

from lab.ui.inside.look import live, look_inside
from lab.ui.reconstructions.fitting import without_reconstructions
from lab.ui.reconstructions.page import body

look = look_inside(without_reconstructions)
if look is not None:
    live(look, body)
