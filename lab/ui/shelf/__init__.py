"""The Runs page: every run there is as rows of tables, and what can be done with those that are ticked."""
