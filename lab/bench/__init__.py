"""Benchmarks: what is compared alternates in one run, so that a busy machine slows both sides alike."""
