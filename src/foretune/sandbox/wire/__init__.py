"""One file per provider: a market and a query in, the provider's bytes out, refusals included.

Pure functions; no socket, and no knowledge of where a market's values come from.
"""
