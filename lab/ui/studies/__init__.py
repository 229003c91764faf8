"""The Reproduce page: published tables, ours beside theirs, and the runs behind each number."""
