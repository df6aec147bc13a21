"""The worker's own reasons to stop, each a word the parent knows."""

from __future__ import annotations


class Halt(BaseException):
    """Stops env.py from inside. Not an Exception, so that an env.py that swallows errors does not swallow this.

    `code` is the word the parent acts on: wrong_database, work_locked, lock_file, version_table, tenant,
    heads_moved, read_only, tls, scripts_differ, other_scripts, id_too_long, not_run, inject, tried,
    cancelled, garbled. `write` is what would mend it: keys of environments.yaml, or what to type.
    """

    def __init__(self, code: str, message: str, write: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.write = write

    @property
    def reason(self) -> dict[str, str]:
        """The fields that tell the parent."""
        return {"code": self.code, "message": self.message, **({"write": self.write} if self.write else {})}


class Cancelled(Halt, KeyboardInterrupt):
    """Raised by the signal, wherever that finds the process.

    As a KeyboardInterrupt it makes psycopg 3 cancel the statement at the server, and asyncio let it through.
    """

    def __init__(self) -> None:
        super().__init__("cancelled", "cancelled as asked")


class Tried(Halt):
    """Ends a trial where it has shown what it was for; the parent never sees it as an error."""

    def __init__(self, message: str) -> None:
        super().__init__("tried", message)
