"""The command line: parse, call an operation, show its report, leave with its exit code.

One file per group of commands: release has promote, rollout and resume, history has runs, show and resolve.

Nothing is decided here, and a module that only one command needs is imported when that command runs.
"""
