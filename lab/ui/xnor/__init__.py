"""The XNOR page: nets on machine words, bit by bit and layer by layer."""
