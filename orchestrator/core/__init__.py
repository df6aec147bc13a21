"""Decisions, and nothing else: pure functions over frozen values.

No clock, environment variable, file, SQL, log or framework belongs here; what a decision needs is an argument.
"""
