"""The child process that runs the user's env.py, on the project's own Python.

It is started by path, so the project's environment need not contain this package. Everything here runs on
Python 3.9 and later with Alembic 1.8 and SQLAlchemy 1.4 and later, and imports nothing else: nothing of the
rest of this package, no third library. It decides nothing: the parent says which revisions, and records.
"""
