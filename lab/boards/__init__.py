"""Boards: what is shown of runs, as cards of figures, pictures and numbers; on a page, and in a report."""
