"""The places where a run may be cut off, each by a name of its own.

A place is passed by `sys.audit(FaultPoint.…)`, one of Python's own audit events (PEP 578). Without an audit hook
such a call returns at once and does nothing; no hook of this package knows these names. The tests add one from
outside, which kills the process there, raises, or cuts its connections, and so prove what such an end leaves.
The worker runs where this package is not installed: it passes the same texts as literals.

Knows nothing of the rest of the package, and nothing may be decided by it.
"""

from __future__ import annotations

from enum import StrEnum


class FaultPoint(StrEnum):
    """The boundaries of a run, in the order in which a run comes to them."""

    BEFORE_RUN_STARTED = "orchestrate.before_run_started"
    """In the parent: all is prepared, and nothing is recorded yet."""
    JOURNAL_WRITTEN = "orchestrate.journal_written"
    """In the parent, at each record: the rows are inserted and not committed."""
    JOURNAL_COMMITTED = "orchestrate.journal_committed"
    """In the parent, at each record: it is durable. Arguments: the last event's sequence and digest."""
    AFTER_RUN_STARTED = "orchestrate.after_run_started"
    """In the parent: the run is recorded, and no target is touched."""
    RUN_LOCK_TAKEN = "orchestrate.run_lock_taken"
    """In the parent: one target's run lock is held."""
    WORKER_ADMITTED = "orchestrate.worker_admitted"
    """In the parent: the guard passed and the worker holds the work lock."""
    BEFORE_INTENT = "orchestrate.before_intent"
    """In the parent: a revision is about to be announced."""
    AFTER_INTENT = "orchestrate.after_intent"
    """In the parent: the intent is recorded, and the worker was not told to go."""
    IN_REVISION = "orchestrate.in_revision"
    """In the worker: a revision ran one of its writing statements."""
    BEFORE_COMMIT = "orchestrate.before_commit"
    """In the worker: a revision did all it does, its row in the version table included, and is not committed."""
    AFTER_COMMIT = "orchestrate.after_commit"
    """In the worker: a revision is committed, and the parent was not told."""
    BEFORE_OUTCOME = "orchestrate.before_outcome"
    """In the parent: what became of a revision was read back, and is not recorded."""
    AFTER_OUTCOME = "orchestrate.after_outcome"
    """In the parent: the outcome of a revision is recorded."""
    BETWEEN_TARGETS = "orchestrate.between_targets"
    """In the parent: a target has ended and its run lock is free; the next was not begun."""
    BETWEEN_ENVIRONMENTS = "orchestrate.between_environments"
    """In the parent: every target of an environment has ended; the next environment was not begun."""
    BEFORE_RUN_FINISHED = "orchestrate.before_run_finished"
    """In the parent: nothing is left to do, and the end is not recorded."""
    AFTER_RUN_FINISHED = "orchestrate.after_run_finished"
    """In the parent: the end is recorded, and nobody was told."""
