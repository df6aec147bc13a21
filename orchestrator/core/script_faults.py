"""What keeps revision scripts from being a graph, each with the file it lies in and its mend. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from orchestrator.core.scripts import Script
from orchestrator.errors import Problem

_FORBIDDEN_IN_IDS = frozenset("@-+:")
"""`alembic.script.revision._revision_illegal_chars`: they mean something where a revision is named."""


def faults(scripts: tuple[Script, ...], labels: Mapping[str, str]) -> list[Problem]:
    """Everything about single scripts and their references that keeps them from being a graph."""
    by_id: dict[str, list[Script]] = {}
    for script in scripts:
        by_id.setdefault(script.revision, []).append(script)
    problems = [
        Problem(
            f"revision {revision!r} is defined by {len(same)} files",
            ", ".join(script.path for script in same),
            "give one of them another revision id, or delete it",
        )
        for revision, same in by_id.items()
        if len(same) > 1
    ]
    problems += _bad_labels(scripts, by_id)
    for script in scripts:
        problems += _bad_id(script)
        problems += [
            Problem(
                f"{kind} {name!r} of revision {script.revision!r} is in no script",
                script.path,
                "restore the missing file, or correct the reference",
            )
            for kind, names in (("down_revision", script.down_revisions), ("depends_on", script.depends_on))
            for name in names
            if name not in by_id and not (kind == "depends_on" and name in labels)
        ]
    return problems


def _bad_id(script: Script) -> Iterator[Problem]:
    if forbidden := sorted(_FORBIDDEN_IN_IDS & set(script.revision)):
        yield Problem(
            f"revision id {script.revision!r} has characters that Alembic does not allow: {' '.join(forbidden)}",
            script.path,
            "rename the id",
        )


def _bad_labels(scripts: tuple[Script, ...], by_id: Mapping[str, list[Script]]) -> Iterator[Problem]:
    by_label: dict[str, list[Script]] = {}
    for script in scripts:
        for label in dict.fromkeys(script.branch_labels):
            by_label.setdefault(label, []).append(script)
    for label, same in by_label.items():
        claiming = dict.fromkeys(script.path for script in (*same, *by_id.get(label, ())))
        if len(claiming) > 1:
            yield Problem(
                f"branch label {label!r} is used more than once, or is also a revision id",
                ", ".join(claiming),
                "give each branch a label of its own",
            )


def circles(parents: Mapping[str, tuple[str, ...]], scripts: Mapping[str, Script]) -> Iterator[Problem]:
    """One problem for each circle; a revision that lies in two is named in the first alone."""
    left = dict(parents)
    while loop := _circle(left):
        yield Problem(
            f"revisions follow each other in a circle: {' → '.join(reversed(loop))}",
            ", ".join(scripts[revision].path for revision in dict.fromkeys(loop)),
            "correct the down_revision or depends_on of one of them",
        )
        left = {revision: left[revision] for revision in left.keys() - set(loop)}


def _circle(parents: Mapping[str, tuple[str, ...]]) -> list[str]:
    try:
        TopologicalSorter(parents).prepare()
    except CycleError as error:
        loop: list[str] = error.args[1]
        return loop
    return []
