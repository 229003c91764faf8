"""The Binary Neuron Lab: networks whose activations, and weights if wanted, are one bit."""

import os

__version__ = "0.1.0"

# Before torch loads its OpenMP: threads that wait by spinning make two runs, or a run and a browser, on few cores
# more than ten times slower than threads that sleep.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
