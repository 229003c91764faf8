"""The page of reconstructions: its controls, its film, and the panels of the moment that a reader rests at."""
