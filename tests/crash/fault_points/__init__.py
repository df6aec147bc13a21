"""Faults at the named points of a run, put into the real command from outside: by its environment alone."""
