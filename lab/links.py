"""An experiment as a compact text for a link, and back. Nothing is unpickled, and nothing large is unpacked."""

from __future__ import annotations

import base64
import binascii
import zlib

from lab.experiment import Experiment, InvalidExperiment

FORMAT = "1"
LARGEST_TEXT = 16_384
"""Characters of a link that are looked at."""
LARGEST_JSON = 65_536
"""Bytes that a link may unpack to."""

CUT_SHORT = "This link is cut short. Copy it again, to its end."


def encode(experiment: Experiment) -> str:
    """Every field of an experiment in characters that a URL leaves alone."""
    packed = zlib.compress(experiment.model_dump_json().encode(), 9)
    return f"{FORMAT}.{base64.urlsafe_b64encode(packed).decode().rstrip('=')}"


def command(experiment: Experiment) -> str:
    """What to type into a terminal to train exactly this experiment."""
    return f"python -m lab train --link {encode(experiment)}"


def decode(text: str) -> Experiment:
    """The experiment that a link carries.

    Raises:
        InvalidExperiment: the link is damaged, of another format, too large, or its experiment cannot be.
    """
    version, _, body = text.partition(".")
    if version != FORMAT:
        raise InvalidExperiment([f"This link has format {version[:12]!r}; this lab reads format {FORMAT!r}."])
    if len(text) > LARGEST_TEXT:
        raise InvalidExperiment([f"This link has {len(text)} characters; at most {LARGEST_TEXT} are allowed."])
    if len(body) % 4 == 1:  # no text has such a length
        raise InvalidExperiment([CUT_SHORT])
    try:
        packed = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
        unpacker = zlib.decompressobj()
        json_text = unpacker.decompress(packed, LARGEST_JSON)
    except (binascii.Error, ValueError, zlib.error):
        raise InvalidExperiment(["This link is damaged: a part is missing or was changed. Copy it again."]) from None
    if unpacker.unconsumed_tail:
        raise InvalidExperiment([f"This link unpacks to more than {LARGEST_JSON} bytes, which no experiment needs."])
    if not unpacker.eof:
        raise InvalidExperiment([CUT_SHORT])
    return Experiment.from_json(json_text)
