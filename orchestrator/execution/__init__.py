"""The parent's side of a run: workers, targets, waves, signals.

Each step is: record the intent, let the worker act, observe on a fresh connection, record the outcome. What is
to be done was decided before; what it looks like is decided elsewhere. A failure is a value here.
"""
