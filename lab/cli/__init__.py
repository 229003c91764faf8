"""What the command line does, a module a command; imported when its command runs, so that `--help` needs no PyTorch."""
