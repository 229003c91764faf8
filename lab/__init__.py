"""The Binary Neuron Lab: networks whose activations, and weights if wanted, are one bit."""

import os

__version__ = "0.1.0"

# Before torch loads its OpenMP: threads that wait by spinning make two runs, or a run and a browser, on few cores
# more than ten times slower than threads that sleep. GNU's may spin 2000 turns, some hundredths of a millisecond: a run
# that is alone on two cores then takes 30 % less time, and two at once 9 % more.
if not os.environ.get("OMP_WAIT_POLICY"):
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
    os.environ.setdefault("GOMP_SPINCOUNT", "2000")
