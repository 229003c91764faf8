"""The mathematics behind the proof cards: claims about bits and gradients, with both sides computed."""
