"""What is remembered: an append-only list of events, chained by digests, in SQLite or PostgreSQL.

It records and reads back. What events mean is decided in `core/run.py`; nothing here judges or shows.
"""
