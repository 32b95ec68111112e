"""A local server that speaks every provider's wire format: recorded or simulated markets.

It is a server and knows no client: nothing of the pipeline may be imported here. Every answer
carries the label of its market in the header `X-Foretune-Origin`.
"""
