"""The parts of the choice of a picture: what a tab holds of it, its place in the address, and the three ways to it."""
