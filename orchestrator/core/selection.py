"""Which targets a command is about, as it was typed: names and patterns, labels, only those that lack something.

Pure: no configuration and no database. Which environments are asked for is told before their tenants are known, so
that no other environment's list of tenants is ever asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from fnmatch import translate
from typing import Any

from orchestrator.core.phrases import few
from orchestrator.core.pipeline import Pipeline
from orchestrator.core.targets import Target
from orchestrator.errors import Problem, UsageError

_WILD = re.compile(r"[*?\[]")
_TOLD = 20
"""Names that fit nothing are told one by one up to here: for each the nearest is looked for among all targets."""

LabelsOf = Callable[[Target], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Selection:
    """What was typed; nothing typed means every target.

    `names` are environments or targets (`prod`, `prod/billing`, `prod@acme`, `prod/app@acme*`); `only` and
    `exclude` are patterns for targets or tenants; `labels` must all hold; `behind` keeps what lacks a revision.
    """

    names: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    behind: bool = False

    @property
    def options(self) -> str:
        """Its options as a shell takes them, each with a blank before it; empty where there are none."""
        import shlex

        given = [("--only", pattern) for pattern in self.only]
        given += [("--exclude", pattern) for pattern in self.exclude]
        given += [("--label", f"{name}={value}") for name, value in self.labels]
        typed = [f" {option} {shlex.quote(value)}" for option, value in given]
        return "".join([*typed, " --behind" if self.behind else ""])

    @property
    def of_tenants(self) -> Selection:
        """The same for a promotion or a rollout, which names environments itself: named tenants are patterns."""
        tenants = [name.partition("@")[2] for name in self.names if "@" in name]
        return replace(self, names=(), only=tuple(dict.fromkeys((*self.only, *tenants))))

    @property
    def of_targets(self) -> Selection:
        """The same without `behind`, which only a look at the databases can tell."""
        return replace(self, behind=False)


NOTHING_TYPED = Selection()


def as_json(selection: Selection) -> dict[str, Any]:
    """The selection as JSON values, without what was not typed; `from_values` reads it back."""
    value = asdict(selection)
    return {name: given for name, given in value.items() if given}


def from_values(value: object) -> Selection:
    """The selection that `as_json` wrote; TypeError or ValueError for anything else."""
    if not isinstance(value, Mapping):
        raise TypeError(f"a selection is an object, not {type(value).__name__}")
    texts = {name: tuple(map(_text, value.get(name, ()))) for name in ("names", "only", "exclude")}
    labels = tuple((_text(name), _text(said)) for name, said in value.get("labels", ()))
    return Selection(**texts, labels=labels, behind=value.get("behind") is True)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a selection has text where {type(value).__name__} stands")
    return value


def environments(selection: Selection, known: Sequence[str], where: str | None = None) -> tuple[str, ...]:
    """The environments that the names ask for, in the order of `known`; all of them where nothing is named.

    Raises UsageError with every name whose environment there is not; `where` says which file has them.
    """
    asked = {name: set(_fitting(_environment_of(name), known)) for name in selection.names}
    missing = [name for name, found in asked.items() if not found]
    if missing:
        _refuse(_no_environment(_environment_of(name), known, where) for name in missing)
    wanted = set().union(*asked.values()) if asked else set(known)
    return tuple(name for name in known if name in wanted)


def choose(selection: Selection, pipeline: Pipeline, labels_of: LabelsOf) -> tuple[Target, ...]:
    """The targets chosen, in the pipeline's order; `behind` is not looked at.

    Raises UsageError with every name, pattern and label that fits no target, and where all of them together leave
    none.
    """
    known = pipeline.targets
    if replace(selection.of_targets, names=()) == NOTHING_TYPED and set(selection.names) <= set(pipeline.names):
        wanted = selection.names or pipeline.names
        return tuple(target for target in known if target.environment in wanted)
    named = _found(selection.names, known, spellings)
    only = _found(selection.only, known, _loosely)
    excluded = _found(selection.exclude, known, _loosely)
    labelled = {label: {t for t in known if labels_of(t).get(label[0]) == label[1]} for label in selection.labels}
    missing = [name for name, found in named.items() if not found and name not in pipeline.names]
    _refuse(
        [
            *_no_targets(missing, known, None),
            *_no_targets([name for name, found in only.items() if not found], known, "--only"),
            *_no_targets([name for name, found in excluded.items() if not found], known, "--exclude"),
            *(_no_label(label, known, labels_of) for label, found in labelled.items() if not found),
        ]
    )
    kept = set(known)
    kept &= set().union(*named.values()) if named else kept
    kept &= set().union(*only.values()) if only else kept
    kept -= set().union(*excluded.values())
    kept = kept.intersection(*labelled.values())
    if not kept:
        what = f"no target fits all of{selection.options}" if selection.options else "there is no target"
        raise UsageError(what, mend=f"there are: {few(map(str, known))}" if known else None)
    return tuple(target for target in known if target in kept)


def fitting(name: str, targets: Iterable[Target]) -> tuple[Target, ...]:
    """The targets that a person means by one name: exactly the one that is written so, else all that it fits."""
    known = tuple(targets)
    exact = Target.parse(name)
    if exact in known:
        return (exact,)
    found = _found((name,), known, spellings)[name]
    return tuple(target for target in known if target in found)


def one(name: str, targets: Iterable[Target]) -> Target:
    """The one target that a person means by a name; UsageError where it fits none, or several."""
    known = tuple(targets)
    match fitting(name, known):
        case ():
            raise UsageError(f"there is no target {_shown(name)}", mend=_nearest(name, known))
        case (target,):
            return target
        case several:
            what = f"{_shown(name)} is {len(several)} targets, and this takes one"
            raise UsageError(what, mend=f"name one of: {few(map(str, several))}")


def spellings(target: Target) -> tuple[str, ...]:
    """Every way in which a target may be named, alone or with others, the widest first."""
    place = f"{target.environment}/{target.database}"
    if target.tenant is None:
        return target.environment, place
    return target.environment, place, f"{target.environment}@{target.tenant}", f"{place}@{target.tenant}"


def _loosely(target: Target) -> tuple[str, ...]:
    """As `spellings`, and the tenant's name alone."""
    return (*spellings(target), target.tenant) if target.tenant is not None else spellings(target)


def _found(
    patterns: Iterable[str], targets: Sequence[Target], spelled: Callable[[Target], tuple[str, ...]]
) -> dict[str, set[Target]]:
    """For each pattern the targets of which one spelling is it, and where there is none those that fit it."""
    found: dict[str, set[Target]] = {pattern: set() for pattern in patterns}
    for target in targets if found else ():
        for way in spelled(target):
            if way in found:
                found[way].add(target)
    open_ones = (pattern for pattern, exact in found.items() if not exact and _WILD.search(pattern))
    wild = {pattern: re.compile(translate(pattern)).match for pattern in open_ones}
    for target in targets if wild else ():
        ways = spelled(target)
        for pattern, fits in wild.items():
            if any(map(fits, ways)):
                found[pattern].add(target)
    return found


def _environment_of(name: str) -> str:
    return name.partition("@")[0].partition("/")[0]


def _fitting(pattern: str, names: Sequence[str]) -> Iterator[str]:
    fits = re.compile(translate(pattern)).match
    return (name for name in names if name == pattern or fits(name))


def _refuse(problems: Iterable[Problem]) -> None:
    if found := list(dict.fromkeys(problems)):
        raise UsageError.collect(found, "{n} parts of the selection fit nothing")


def _no_environment(name: str, known: Sequence[str], where: str | None) -> Problem:
    closest = _closest(name, known)
    mend = f"did you mean '{closest}'?" if closest else f"one of: {', '.join(known)}"
    return Problem(f"there is no environment {_shown(name)}", where, mend)


def _no_targets(names: Sequence[str], known: Sequence[Target], option: str | None) -> Iterator[Problem]:
    for name in names[:_TOLD]:
        what = f"no target fits {_shown(name)}" if option else f"there is no target {_shown(name)}"
        yield Problem(what, option, _nearest(name, known))
    if len(names) > _TOLD:
        yield Problem(f"{len(names) - _TOLD:,} more fit no target", option)


def _nearest(name: str, known: Sequence[Target]) -> str | None:
    """The target or tenant that is written most like the name, else the first ones of those there are."""
    place, at, tenant = name.partition("@")
    near = [target for target in known if target.environment == _environment_of(name)] if at else list(known)
    written: dict[str, str] = {}
    for target in near:
        if target.tenant is not None:
            # Only the tenants are compared: what stands before them is alike anyhow.
            written.setdefault(
                target.tenant, spellings(target)[-1 if "/" in place else -2] if at else target.tenant
            )
        if not at:
            written.setdefault(str(target), str(target))
    if closest := _closest(tenant if at else name, written):
        return f"did you mean '{written[closest]}'?"
    if not near:
        return None
    return f"there are: {few(map(str, near))}" + ("" if written else "; none has tenants")


def _closest(name: str, known: Iterable[str]) -> str | None:
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, known, n=1)), None)


def _no_label(label: tuple[str, str], known: Sequence[Target], labels_of: LabelsOf) -> Problem:
    name, value = label
    have: dict[str, dict[str, None]] = {}
    for target in known:
        for each, said in labels_of(target).items():
            have.setdefault(each, {})[said] = None
    if name in have:
        mend = f"{name} is one of: {few(have[name])}"
    else:
        mend = f"there are the labels {few(have)}" if have else "add labels to environments.yaml"
    return Problem(f"no target has {_shown(f'{name}={value}')}", "--label", mend)


def _shown(text: str) -> str:
    """The text in quotes; nothing of it if it looks like a URL, which may hold a password."""
    return "'…'" if "://" in text else f"'{text}'"
