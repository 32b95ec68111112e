"""90-day forecasts as distributions: of a language model, and of the random walk beside it.

Nothing here loads a model or knows how good a forecast was; scoring is in `evaluation`.
"""
