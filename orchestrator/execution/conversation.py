"""The talk with one worker about one target, from the request to its last word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from orchestrator.core.events import EventKind
from orchestrator.core.injection import Injected
from orchestrator.core.step_record import Progress
from orchestrator.core.targets import Target
from orchestrator.databases.endpoint import Endpoint
from orchestrator.errors import OrchestrateError
from orchestrator.execution.protocol import CANCELLED, Order
from orchestrator.execution.request import injected
from orchestrator.execution.setting import Setting
from orchestrator.execution.worker_process import Worker
from orchestrator.execution.workers import Call
from orchestrator.project.configuration import WorkerKind


class Conversed(Protocol):
    """Who is told what the worker says."""

    def admitted(self, message: Mapping[str, Any]) -> None:
        """env.py connected to the right database, and the worker holds the work lock; nothing was changed yet."""

    def intent(self, revision: str, *, autocommit: bool) -> bool:
        """A revision is about to start: record it; False where it may not.

        `autocommit` says that env.py has every statement commit by itself.
        """

    def statements(self, revision: str, progress: Progress, told: Sequence[tuple[int, str]]) -> None:
        """What became of statements that the database keeps by themselves: each its number and its text."""

    def executed(self, revision: str, statements: Sequence[Sequence[Any]], more: int) -> None:
        """What a revision executed, each as [text, times, whole], and how many more; where it was asked for."""

    def committed(self, revision: str) -> None:
        """The worker says that a revision is committed."""


def converse(
    setting: Setting,
    target: Target,
    request: Mapping[str, Any],
    listener: Conversed,
) -> Mapping[str, Any]:
    """Let a worker do the request and return its last message.

    `intent` records that a revision is about to start and says whether it may; an error that it raises ends
    the worker before that revision and is raised on. Where the worker dies without a last word the answer is
    `{"say": "died", "exit": …}`; where it was told not to go on, `{"say": "stopped"}`.
    What fails before any revision in a worker that has served others is tried again in one that has not: what
    they left may be the cause.
    """
    endpoint, project = setting.endpoints[target], setting.projects[target]
    variables = variables_of(endpoint, injected(project, endpoint))

    def on_output(line: str) -> None:
        setting.listener(setting.event(EventKind.OUTPUT, target, line=line))

    revisions = [step["revision"] for step in request["steps"]]
    plain = not variables and setting.reuse.proved(project, setting.graphs[target], revisions)
    call = Call(project, variables, on_output, plain)
    final, again = _talk(setting, call, request, listener)
    if again:
        final, _ = _talk(setting, call, request, listener, anew=True)
    if details := _details(final):
        on_output(details)
    return final


def _talk(
    setting: Setting, call: Call, request: Mapping[str, Any], listener: Conversed, *, anew: bool = False
) -> tuple[Mapping[str, Any], bool]:
    """One worker's last message, and whether another should be asked."""
    with setting.workers.lent(call, anew=anew) as worker:
        marked = worker.serve(call.on_output) if call.kind is WorkerKind.REUSED else {}
        order = Order(step["revision"] for step in request["steps"])
        with setting.stop.watching(worker):
            final = _last_word(worker, {**request, **marked}, listener, order)
        worker.kept = bool(marked) and final["say"] == "finished" and worker.ready()
        failed = final["say"] in ("died", "failed") and final.get("code") != CANCELLED
        return final, failed and order.untouched and worker.served > 0 and not setting.stop.requested


def _statements(worker: Worker, message: Mapping[str, Any], listener: Conversed) -> None:
    """Have statements recorded; the worker waits for it, unless they have only been started."""
    progress = Progress(message["progress"])
    try:
        listener.statements(message["revision"], progress, [(n, text) for n, text in message["statements"]])
    except OrchestrateError:
        worker.send({"go": False})
        raise
    if progress is not Progress.STARTED:
        worker.send({"go": True})


def _told(message: Mapping[str, Any], listener: Conversed) -> None:
    """What needs no answer."""
    if message["say"] == "committed":
        listener.committed(message["revision"])
    else:
        listener.executed(message["revision"], message["statements"], message["more"])


def variables_of(endpoint: Endpoint, inject: Injected) -> dict[str, str]:
    """What env.py's process finds in its environment; what the environment itself says wins."""
    return {name: value.reveal() for name, value in (*inject.variables, *endpoint.variables)}


def _details(final: Mapping[str, Any]) -> str:
    """What only somebody who looks for the cause wants to read: the statement that failed, the traceback."""
    told = {"statement": final.get("statement"), "traceback": final.get("traceback")}
    return "\n".join(f"{name}:\n{text.rstrip()}" for name, text in told.items() if text)


def _last_word(
    worker: Worker,
    request: Mapping[str, Any],
    listener: Conversed,
    order: Order,
) -> Mapping[str, Any]:
    worker.send(request)
    held_back = False
    for message in worker.messages():
        if (fault := order.fault(message)) is not None:
            return fault
        match message["say"]:
            case "admitted":
                listener.admitted(message)
            case "intent":
                try:
                    go = listener.intent(message["revision"], autocommit=message["autocommit"])
                except OrchestrateError:
                    worker.send({"go": False})
                    raise
                held_back = held_back or not go
                worker.send({"go": go})
            case "statements":
                _statements(worker, message, listener)
            case "executed" | "committed":
                _told(message, listener)
            case "failed":
                return message
            case "finished":
                return {"say": "stopped"} if held_back else order.end(message)
            case _:
                pass
    return {"say": "died", "exit": worker.close()}
