"""Language models as such: the tiny base made on the spot, loading any other, writing text with them.

What a model is trained *for* (instructions, preferences) belongs to `tuning`; what its text is
worth belongs to `evaluation`. Importing this package does not import torch.
"""
