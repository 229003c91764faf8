"""The Heatmaps page: its controls, and its panels."""
