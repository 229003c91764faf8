"""The page of binary codes: what it shows, and what a person chooses there."""
