"""Validated facts with two clocks: `event_at` (what it is about), `known_at` (when it could be known).

The only room that decides when something was known. Nothing here touches the network.
"""
