"""Foretune: market data in, a financial language model you can check out."""

__version__ = "0.1.0"
