"""Measures a dataset against the qualities its pipeline demands, and shows the result as JSON and a page.

Reads panel, facts and quarantine; changes none of them and fetches nothing.
"""
