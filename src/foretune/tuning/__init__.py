"""Weights change here: instruction tuning and preference tuning of a base model, stage by stage.

Losses are TRL's. This room chooses the rows, refuses what would train silently wrong, and leaves
complete, resumable, hashed stages behind. No judging of what came out: that is `evaluation`.
Importing this package does not import torch.
"""
