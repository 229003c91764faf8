"""XNOR: nets of bits on machine words, exact and measured, to be taken along."""

from lab.ui.inside.look import live, look_inside
from lab.ui.xnor.fitting import offer_packed, without_packed
from lab.ui.xnor.page import xnor

look = look_inside(without_packed, offer_packed)
if look is not None:
    live(look, xnor)
