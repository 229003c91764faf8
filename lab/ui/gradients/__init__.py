"""The sections of the Gradients page, one file each."""
