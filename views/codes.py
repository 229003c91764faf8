"""Codes: the bits that nets make of images, how well they are used, and what each of them does."""

from lab.ui.codes.fitting import without_codes
from lab.ui.codes.page import codes
from lab.ui.inside.look import live, look_inside

look = look_inside(without_codes)
if look is not None:
    live(look, codes)
