"""Backward-looking features: pure functions of facts, each with its lookback declared."""
