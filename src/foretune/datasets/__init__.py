"""Training sets: the panel, its splits and leakage checks, instruction rows, preference pairs, exports."""
