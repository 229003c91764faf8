"""The pages that look inside nets: which nets, at which moment, with which picture, and what they answer."""
