"""A worker's last word as an error of ours: the exit code, and what to type next."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Mapping
from typing import Any

from orchestrator.core.network import tls_mend
from orchestrator.core.targets import Target
from orchestrator.core.urls import parse
from orchestrator.errors import (
    ConfigurationError,
    FailedError,
    LockedError,
    OrchestrateError,
    RefusedError,
    StalePlanError,
    UnavailableError,
    WrongDatabaseError,
)
from orchestrator.execution.protocol import CANCELLED
from orchestrator.execution.setting import Setting

__all__ = ["CANCELLED", "failure_of"]

_KINDS: dict[str, type[OrchestrateError]] = {
    "wrong_database": WrongDatabaseError,
    "work_locked": LockedError,
    "lock_file": UnavailableError,
    "version_table": ConfigurationError,
    "tenant": ConfigurationError,
    "inject": ConfigurationError,
    "heads_moved": StalePlanError,
    "scripts_differ": StalePlanError,
    "other_scripts": ConfigurationError,
    "id_too_long": ConfigurationError,
    "pooler": UnavailableError,
    "read_only": UnavailableError,
    "tls": RefusedError,
    "no_alembic": ConfigurationError,
}


def failure_of(
    setting: Setting, target: Target, final: Mapping[str, Any], resume: str | None = None
) -> OrchestrateError | None:
    """What went wrong, or None where the worker ended well or was told to stop.

    `resume` is what to type once the cause is removed, where that does not resume the run.
    """
    resume = resume or f"orchestrate resume {setting.run_id}"
    match final["say"]:
        case "finished" | "stopped" | "abandoned":
            return None
        case "died" if setting.stop.cancelled:
            return FailedError(_CANCELLED, where=str(target), mend=resume, code=CANCELLED)
        case "failed" if final["code"] == CANCELLED:
            return FailedError(_CANCELLED, where=str(target), mend=resume, code=CANCELLED)
        case "died":
            return FailedError(_death(final["exit"]), where=str(target), mend=f"remove the cause, then: {resume}")
        case _:
            code = str(final["code"])
            kind = _KINDS.get(code, FailedError)
            in_revision = code == "wrong_database" and final.get("revision")
            ignored = code == "tenant" and setting.endpoints[target].search_path
            mend = _MENDS.get("search_path" if ignored else code, "remove the cause, then: {resume}")
            mend = _OF_A_REVISION if in_revision else mend
            return kind(
                setting.redactor.text(_sentence(final)),
                where=str(target),
                mend=mend.format(resume=resume, again=setting.plan.again, **_named(setting, target, final)),
                code=code,
            )


def _named(setting: Setting, target: Target, final: Mapping[str, Any]) -> dict[str, str]:
    """What a mend may name beside the command to type."""
    write = str(final.get("write") or "version_table, version_table_schema")
    address = parse(setting.endpoints[target].url.reveal())
    tls = tls_mend((address.family if address else None) or "", target.environment)
    typed = shlex.quote(str(target))
    return {"project": setting.projects[target].name, "write": write, "tls": tls, "target": typed}


_CANCELLED = "the revision in hand was cancelled"


def _death(exit_code: int) -> str:
    if exit_code < 0:
        return f"the worker was killed by {_signal_name(-exit_code)}"
    return f"the worker ended without a word (exit code {exit_code}): env.py or a revision ended the process"


def _signal_name(number: int) -> str:
    # Of the real-time signals Python names only the first and the last.
    return signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"


def _sentence(final: Mapping[str, Any]) -> str:
    subject = f"revision {final['revision']} failed: " if final.get("revision") else ""
    if final["code"] == "env_failed":
        subject = "env.py failed: "
    place = f" ({final['where']})" if final.get("where") else ""
    return f"{subject}{final['message']}{place}"


_OF_A_REVISION = (
    "let the script use op.get_bind(), then: {again}. If the other database is meant:"
    " projects.{project}.other_databases: allow"
)
_MENDS = {
    "wrong_database": (
        "orchestrate doctor   # finds the way to this env.py, for projects.{project}.inject in environments.yaml."
        " If the other database is meant: projects.{project}.other_databases: allow"
    ),
    "inject": "write a URL whose driver is synchronous, or another way in projects.{project}.inject",
    "work_locked": "wait for it to end, then: {resume}",
    "lock_file": "find out who made it, remove it, then: {resume}",
    "version_table": "set it in environments.yaml as env.py has it: {write}",
    "tenant": (
        "tell it: search_path: true under tenants, or {{schema}} in projects.{project}.inject (x_arguments,"
        " variables); then: {resume}"
    ),
    "search_path": (
        "its URL gives it the tenant's search_path, and it connects by another: orchestrate doctor {target}"
        "   # finds what to write under projects.{project}.inject, mostly redirect: true; then: {resume}"
    ),
    "heads_moved": "plan again: {again}",
    "scripts_differ": "plan again: {again}",
    "other_scripts": "name their directories in environments.yaml: projects.{project}.version_locations",
    "id_too_long": "shorten the id, or widen the column: ALTER TABLE … version_num …; then: {resume}",
    "pooler": "give env.py the direct URL of the server, then: {resume}",
    "read_only": "{write}, then: {resume}",
    "tls": "{tls}; then: {resume}",
    "no_alembic": "install it there, or name the project's Python: projects.NAME.python; then: {resume}",
    "env_failed": "mend env.py, then: {resume}",
    "not_run": "mend env.py, then: {resume}",
    "garbled": "keep env.py and the revisions from writing there, then: {resume}",
}
