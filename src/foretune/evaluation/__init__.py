"""Scores of answers and forecasts, each with its interval and its n, and the report that shows them.

What a right answer is stands in `answers.checks`; here it is only counted.
"""
