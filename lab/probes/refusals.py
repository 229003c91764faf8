"""What is said where a net, or a choice of pictures, does not have what a probe of codes was asked for."""

from __future__ import annotations


class NoCodes(ValueError):
    """Codes, or something made of them, that cannot be had: one sentence for a person, with what is allowed."""
