"""Speaks to a person: live context, an engine that writes, a guard that checks before it leaves.

Analysis only: nothing here can place an order.
"""
