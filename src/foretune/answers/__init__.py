"""What a good answer is: its context, its slots, the rules that write one, the checks on any.

Everything here is pure and free of models and networks, so datasets, tuning, evaluation and
the assistant share one definition of "right".
"""
