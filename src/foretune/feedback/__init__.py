"""Votes and realised outcomes, the raw material of the next training round."""
