"""The command line, one file per command: parse, call an operation, show its report, leave with its exit code.

Nothing is decided here, and a module that only one command needs is imported when that command runs.
"""
