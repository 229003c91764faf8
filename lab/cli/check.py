"""Whether a packed net that is to leave is its net, on all test images."""

from __future__ import annotations

from rich.progress import TimeRemainingColumn

from lab.cli.meter import Meter
from lab.exports.nets import Trained
from lab.packed import Agreement, agreements
from lab.packed.runner import opened


class NotExact(Exception):
    """The packed net is another one: one sentence that says where."""


def checked(of: Trained, content: bytes) -> str:
    """Compare a net with what its file has, and say what came out.

    Args:
        of: the net.
        content: of the file.

    Raises:
        NotExact: a bit differs that is no float tie.
    """
    images = of.experiment.dataset.images().test
    parts: list[Agreement] = []
    with Meter(TimeRemainingColumn()) as meter:
        task = meter.bars.add_task("Comparing", total=len(images))
        for part in agreements(of.experiment, of.net, opened(content), images):
            parts.append(part)
            meter.bars.advance(task, part.images)
    found = Agreement.together(parts)
    if not found.exact:
        wrong = ", ".join(
            f"{layer.differing - layer.ties:,} in {layer.name}"
            for layer in found.layers
            if layer.differing > layer.ties
        )
        raise NotExact(f"Nothing is written: on {found.images:,} test images hidden bits differ, {wrong}.")
    return told(found)


def told(found: Agreement) -> str:
    """What came out, where it is exact."""
    _, bits, _, ties = found.whole
    but = f" but for {ties:,} at a threshold, where floats round" if ties else ""
    apart = f"where all bits of an image are, logits are {found.logits:.1g} apart at most"
    if not found.same:  # and so no logits were compared
        apart = "no image has all of them on the way from its pixels, so logits cannot be compared"
    return (
        f"On {found.images:,} test images all {bits:,} hidden bits are those of PyTorch's net{but}; "
        f"{found.classes:,} classes agree, and {apart}."
    )
