"""The algebra of selections, over random fleets and random patterns."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.pipeline import Environment, Pipeline
from orchestrator.core.selection import Selection, choose, fitting, spellings
from orchestrator.core.targets import Target
from orchestrator.errors import UsageError

_TENANTS = st.sets(st.text("ab_1", min_size=1, max_size=3), max_size=4)
_PATTERNS = st.text("ab_1*?", min_size=1, max_size=4)


@st.composite
def pipelines(draw: st.DrawFn) -> Pipeline:
    """One to three environments of one or two databases, each without tenants or with a few."""
    found = []
    for name in ("dev", "test", "prod")[: draw(st.integers(1, 3))]:
        targets: list[Target] = []
        for database in ("app", "billing")[: draw(st.integers(1, 2))]:
            tenants = sorted(draw(_TENANTS))
            targets += [Target(name, database, tenant) for tenant in tenants] or [Target(name, database)]
        found.append(Environment(name, tuple(targets)))
    return Pipeline(tuple(found))


def labels_of(target: Target) -> Mapping[str, str]:
    return {"database": target.database}


def chosen(selection: Selection, pipeline: Pipeline) -> frozenset[Target]:
    """What is chosen; nothing where that is refused."""
    try:
        return frozenset(choose(selection, pipeline, labels_of))
    except UsageError:
        return frozenset()


@given(pipelines())
def test_the_narrowest_spelling_means_exactly_its_target(pipeline: Pipeline) -> None:
    """However many targets there are, each can be chosen alone, by its full name and as it is written."""
    for target in pipeline.targets:
        assert choose(Selection((spellings(target)[-1],)), pipeline, labels_of) == (target,)
        assert fitting(str(target), pipeline.targets) == (target,)


@given(pipelines(), _PATTERNS)
def test_only_and_exclude_part_the_targets(pipeline: Pipeline, pattern: str) -> None:
    """What a pattern chooses and what it excludes are all targets, and none is in both."""
    inside = chosen(Selection(only=(pattern,)), pipeline)
    outside = chosen(Selection(exclude=(pattern,)), pipeline)
    if inside:
        assert not inside & outside
        assert inside | outside == frozenset(pipeline.targets)
    else:
        assert not outside, "a pattern that fits nothing is refused, whatever it was to do"


@given(pipelines(), st.lists(_PATTERNS, min_size=1, max_size=3), st.booleans())
def test_options_only_narrow_and_keep_the_order(pipeline: Pipeline, patterns: list[str], labelled: bool) -> None:
    """Every further option chooses among what was chosen without it, in the order of the pipeline."""
    wide = Selection(only=tuple(patterns))
    narrow = replace(wide, exclude=(patterns[0],), labels=(("database", "app"),) if labelled else ())
    assert chosen(narrow, pipeline) <= chosen(wide, pipeline) <= frozenset(pipeline.targets)
    if found := chosen(wide, pipeline):
        assert choose(wide, pipeline, labels_of) == tuple(t for t in pipeline.targets if t in found)


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_categories=("Cc",)), min_size=1), max_size=3),
    st.lists(st.tuples(st.text("ab", min_size=1), st.text(max_size=3)), max_size=2),
    st.booleans(),
)
def test_options_survive_a_shell(patterns: list[str], labels: list[tuple[str, str]], behind: bool) -> None:
    """What is shown to be typed again is, once a shell has read it, what was typed."""
    selection = Selection(only=tuple(patterns), labels=tuple(labels), behind=behind)
    words = shlex.split(selection.options)
    assert ("--behind" in words) is behind or "--behind" in patterns
    pairs = list(zip(words[::2], words[1::2], strict=False))
    assert [value for option, value in pairs if option == "--only"] == patterns
    assert [value for option, value in pairs if option == "--label"] == [f"{n}={v}" for n, v in labels]
