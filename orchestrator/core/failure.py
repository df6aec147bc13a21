"""Why something did not work out, as a value in a report: a failure is a normal result. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.errors import Exit, OrchestrateError, Problem


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something did not work out: a word for programs, a sentence, the mend, and the exit code it asks for."""

    code: str
    message: str
    mend: str | None
    exit: Exit
    problems: tuple[Problem, ...] = ()

    @classmethod
    def of(cls, error: OrchestrateError) -> Failure:
        """The error as a value."""
        return cls(error.code, str(error), error.mend, error.exit, error.problems)
