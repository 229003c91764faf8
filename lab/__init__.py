"""The Binary Neuron Lab: networks whose activations, and weights if wanted, are one bit."""
