"""Reading the revision scripts of a project without running them.

A script's identifiers are literals in practically every project, so the syntax tree says what importing would,
without the application's code, its dependencies or its side effects. What their variables mean follows
`alembic.script.base` of Alembic 1.20; tests hold both side by side. Only the files that
cannot be read this way are given to `load`. This module runs no script and judges no graph.
"""

from __future__ import annotations

import ast
import hashlib
import re
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.core.plain import code_points
from orchestrator.core.scripts import Script, digest
from orchestrator.errors import Problem, ScriptsError
from orchestrator.project.revision_scripts import cache
from orchestrator.project.revision_scripts.alembic_config import AlembicConfig
from orchestrator.project.revision_scripts.atomicity import leaves_transaction
from orchestrator.project.revision_scripts.files import ScriptFile, script_files
from orchestrator.project.revision_scripts.identifiers import IDENTIFIERS, variables

Load = Callable[[Sequence[Path]], Mapping[Path, Mapping[str, object]]]
"""Runs the project's Python to load files, and returns for each the variables it has of the four names, and
`doc` for a compiled one. A file that fails is left out or told as a problem of a ScriptsError."""

_ENDING_TEXT = frozenset("'\\")
"""What ends or changes an SQL literal: Alembic puts an id between quotes, no more (`literal_column("'%s'")`)."""
_LEGACY_NAME = re.compile(r"([a-f0-9]+)\.py$")


def read_scripts(config: AlembicConfig, load: Load | None = None) -> tuple[Script, ...]:
    """All revision scripts of the configuration, in the order in which Alembic meets them.

    Files that only running can tell (a computed value, compiled files of a sourceless project) go to `load`,
    all at once. Raises ScriptsError with the problems of all files.
    """
    began, problems = time.time_ns(), list[Problem]()
    files = tuple(script_files(config, problems))
    known = cache.recall(files) if len(files) >= cache.WORTH else {}
    with warnings.catch_warnings():
        # An invalid escape is the project's own business, and said by its own Python.
        warnings.simplefilter("ignore")
        found = [_parse(file, problems) for file in files if file.path not in known]
    parsed = [one for one in found if one]
    loaded = _load([one for one in parsed if one.unknown], load, problems)
    read = {one.file.path: _script(one, loaded.get(Path(one.file.path)), problems) for one in parsed}
    if problems:
        raise ScriptsError.collect(problems, "the revision scripts have {n} problems")
    scripts = known | {path: script for path, script in read.items() if script}
    if read and len(files) >= cache.WORTH:
        computed = {one.file.path for one in parsed if one.unknown}
        cache.keep(files, {path: script for path, script in scripts.items() if path not in computed}, began)
    return tuple(scripts[file.path] for file in files if file.path in scripts)


def below(config: AlembicConfig) -> tuple[Path, ...]:
    """The directories below the version locations that hold scripts, which Alembic does not look into.

    An env.py that chooses one of them when it runs, by the dialect for instance, leaves them out of what is read.
    """
    if config.recursive:
        return ()
    files = (file for location in config.version_locations for file in location.glob("*/**/*.py"))
    return tuple(sorted({f.parent for f in files if f.is_file() and b"down_revision" in f.read_bytes()}))


@dataclass(frozen=True, slots=True)
class _Parsed:
    """One file as its syntax tree tells it; `unknown` are the variables that it cannot tell, with their lines."""

    file: ScriptFile
    digest: str
    message: str
    atomic: bool
    values: Mapping[str, object]
    unknown: Mapping[str, int]


def _parse(file: ScriptFile, problems: list[Problem]) -> _Parsed | None:
    if not file.readable:
        problems.append(Problem("is not a file", file.shown, "take it out of the versions directory"))
        return None
    try:
        content = _content(file.path)
    except OSError as error:
        mend = "make it readable, or take it out of the versions directory"
        problems.append(Problem(f"cannot be read: {error.strerror}", file.shown, mend))
        return None
    if not file.path.endswith(".py"):
        unknown = dict.fromkeys(IDENTIFIERS, 0)
        exact = f"sha256:{hashlib.sha256(content).hexdigest()}"
        return _Parsed(file, exact, "", atomic=False, values={}, unknown=unknown)
    tree = _tree(content, file.shown, problems)
    if tree is None:
        return None
    values, unknown = variables(tree)
    message = _first_paragraph(ast.get_docstring(tree, clean=False))
    atomic = not leaves_transaction(tree, content)
    return _Parsed(file, digest(content), message, atomic, values, unknown)


def _content(path: str) -> bytes:
    """The whole file. Without a buffer, which is half of the time for a small one."""
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - a Path is made for nothing else
        return file.readall()


def _first_paragraph(docstring: object) -> str:
    """As `Script.doc`."""
    return docstring.strip().split("\n\n")[0] if isinstance(docstring, str) else ""


def _tree(content: bytes, shown: str, problems: list[Problem]) -> ast.Module | None:
    try:
        return ast.parse(content)
    except SyntaxError as error:
        where, reason = f"{shown}:{error.lineno}" if error.lineno else shown, error.msg
    except (ValueError, RecursionError, MemoryError) as error:
        where, reason = shown, str(error)
    python = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    problems.append(Problem(f"is not {python}: {reason}", where, "correct the file; nothing was run"))
    return None


def _load(
    parsed: Sequence[_Parsed], load: Load | None, problems: list[Problem]
) -> Mapping[Path, Mapping[str, object]]:
    if not parsed:
        return {}
    if load is None:
        problems.extend(_needs_running(one) for one in parsed)
        return {}
    try:
        loaded = load([Path(one.file.path) for one in parsed])
    except ScriptsError as error:
        problems.extend(error.problems or [Problem(error.what, error.where, error.mend)])
        return {}
    missing = (one for one in parsed if Path(one.file.path) not in loaded)
    problems.extend(Problem("the project's Python did not load it", one.file.shown) for one in missing)
    return loaded


def _needs_running(parsed: _Parsed) -> Problem:
    if not parsed.file.path.endswith(".py"):
        return Problem(
            "is compiled, and cannot be read without running it", parsed.file.shown, "keep its source beside it"
        )
    names, line = ", ".join(sorted(parsed.unknown)), min(parsed.unknown.values())
    what = f"{names}: computed, and cannot be read without running the script"
    return Problem(what, f"{parsed.file.shown}:{line}", "write the value itself: text, None, or a tuple of text")


def _script(parsed: _Parsed, loaded: Mapping[str, object] | None, problems: list[Problem]) -> Script | None:
    if parsed.unknown and loaded is None:
        return None
    values = parsed.values if loaded is None else loaded
    wrong = [Problem(what, parsed.file.shown, mend) for what, mend in _wrong(parsed.file.name, values)]
    problems.extend(wrong)
    return None if wrong else _built(parsed, values)


def _built(parsed: _Parsed, values: Mapping[str, object]) -> Script:
    depends_on = _texts(values.get("depends_on")) or ()
    return Script(
        revision=str(_revision(parsed.file.name, values)),
        down_revisions=_texts(values["down_revision"]) or (),
        path=parsed.file.shown,
        # Empty text is no dependency to Alembic, where it would be a missing parent as down_revision.
        depends_on=() if depends_on == ("",) else depends_on,
        branch_labels=_texts(values.get("branch_labels")) or (),
        message=parsed.message or _first_paragraph(values.get("doc")),
        digest=parsed.digest,
        atomic=parsed.atomic,
    )


def _wrong(name: str, values: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """What no script can be made of, each with its mend. Whether an id is a good one is for the graph to say."""
    revision = _revision(name, values)
    if revision is None and "revision" not in values:
        yield "declares no revision", 'move it out of the versions directory, or write `revision = "…"` in it'
        return
    if not isinstance(revision, str) or not revision:
        yield f"revision is {revision!r}, which is no name", 'write `revision = "…"`'
    elif not revision.isprintable():
        yield f"revision id {revision!a} holds {code_points(revision)}", "rename the id"
    elif quoting := sorted(_ENDING_TEXT & set(revision)):
        what = f"revision id {revision!r} holds {' '.join(quoting)}, which Alembic writes into SQL as it stands"
        yield what, "rename the id"
    if "down_revision" not in values:
        yield "declares no down_revision", "write `down_revision = None` if it is a first revision"
    for variable in ("down_revision", "branch_labels", "depends_on"):
        names = _texts(values.get(variable))
        if names is None:
            yield f"{variable} is neither text nor a tuple of text nor None", f'write `{variable} = "…"`'
        elif unseen := code_points("".join(names)):
            yield f"{variable} holds {unseen}", "rename what it names"


def _revision(name: str, values: Mapping[str, object]) -> object:
    """The declared id, else that of a script named as in Alembic 0.1, else None."""
    legacy = _LEGACY_NAME.match(name)
    return values.get("revision", legacy[1] if legacy else None)


def _texts(value: object) -> tuple[str, ...] | None:
    """As `alembic.util.to_tuple`, with a set in a stable order; None for what is not text."""
    match value:
        case None:
            return ()
        case str():
            return (value,)
        case set() | frozenset() if all(isinstance(one, str) for one in value):
            return tuple(sorted(value))
        case list() | tuple() if all(isinstance(one, str) for one in value):
            return tuple(value)
        case _:
            return None
