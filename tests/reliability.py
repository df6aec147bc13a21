"""What holds the fault suite to its word, for every test: a fault must have happened, and its result is kept.

A test marked `fault(13)` takes the fixture `happened` and calls it with what proves that the fault occurred, by
other means than the outcome. If it passes without that call it fails here. With `--reliability FILE` the results
of all tests marked `fault` or `control` are written to that file as JSON, also under xdist.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.crash.faults import FAULTS

Happened = Callable[[str], None]
"""The fixture `happened`, for annotations."""
FAMILIES = ("sqlite", "postgresql", "mysql")
UNPROVEN = (
    "This test is marked fault({rows}) and passed, but never proved that the fault happened. Take the fixture "
    "`happened` and call it, for example happened('backend 123 was terminated'), once that was seen by other "
    "means than the outcome."
)
NO_ROW = "tests/crash/faults.py has no row {rows}"
_PROOFS = pytest.StashKey[list[str]]()
_PROPERTY = "reliability"


@dataclass(frozen=True, slots=True)
class Result:
    """What one marked test did. `outcome` is passed, failed or skipped; `families` is empty where any would do."""

    test: str
    law: str
    faults: tuple[int, ...]
    controls: tuple[int, ...]
    families: tuple[str, ...]
    proofs: tuple[str, ...]
    outcome: str


@pytest.fixture
def happened(request: pytest.FixtureRequest) -> Happened:
    """Call it with what proves that the marked fault has occurred; the sentence is kept with the result."""
    proofs = request.node.stash.setdefault(_PROOFS, [])

    def note(proof: str) -> None:
        assert proof.strip(), "say what proves it"
        proofs.append(proof)

    return note


def numbers(item: pytest.Item, marker: str) -> tuple[int, ...]:
    """The rows that a test says it is for, by its marks `fault` or `control`; an unknown row is an error."""
    rows = sorted({number for mark in item.iter_markers(marker) for number in mark.args})
    if unknown := [str(row) for row in rows if row not in FAULTS]:
        raise pytest.UsageError(f"{item.nodeid}: {NO_ROW.format(rows=', '.join(unknown))}")
    return tuple(rows)


def families(item: pytest.Item) -> tuple[str, ...]:
    """The database families that a test is marked with."""
    return tuple(family for family in FAMILIES if item.get_closest_marker(family))


def facts(item: pytest.Item) -> dict[str, Any] | None:
    """What a result says that is known before the test ran; None for a test without a mark."""
    rows = {"faults": numbers(item, "fault"), "controls": numbers(item, "control")}
    if not any(rows.values()):
        return None
    law = " ".join((getattr(item, "function", item).__doc__ or "").split())
    return {"test": item.nodeid, "law": law, **rows, "families": families(item)}


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--reliability FILE`."""
    parser.addoption(
        "--reliability", metavar="FILE", help="write the results of tests marked fault or control to FILE"
    )


def pytest_configure(config: pytest.Config) -> None:
    """The process that was started by hand writes the file; under xdist the others report to it."""
    path = config.getoption("reliability")
    if path and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Collector(Path(path)))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Note the facts with each marked test: as a property of its report they travel under xdist too."""
    for item in items:
        if found := facts(item):
            item.user_properties.append((_PROPERTY, found))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Any:
    """A test of a fault that passed without a proof of it has failed."""
    passed = yield
    proofs = item.stash.get(_PROOFS, [])
    rows = numbers(item, "fault")
    if rows and not proofs:
        pytest.fail(UNPROVEN.format(rows=", ".join(map(str, rows))), pytrace=False)
    item.user_properties.append(("proofs", proofs))
    return passed


def _result(found: Any, proofs: Any, outcome: str) -> Result:
    # What travelled under xdist comes as lists.
    known = {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}
    return Result(**known, proofs=tuple(proofs), outcome=outcome)


class _Collector:
    """Gathers the reports, in the process that has all of them, and writes them at the end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._results: dict[str, Result] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Where tests are collected and not run, that is what there is to tell of them."""
        if session.config.option.collectonly:
            told = {item.nodeid: dict(item.user_properties).get(_PROPERTY) for item in session.items}
            self._results = {test: _result(found, (), "collected") for test, found in told.items() if found}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the worst of a test's three phases."""
        properties = dict(report.user_properties)
        found: Any = properties.get(_PROPERTY)
        if found is None or (report.when != "call" and report.passed):
            return
        before = self._results.get(report.nodeid)
        if before is None or before.outcome == "passed":
            proofs = properties.get("proofs", ())
            self._results[report.nodeid] = _result(found, proofs, report.outcome)

    def pytest_sessionfinish(self) -> None:
        """Write what was gathered."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps([asdict(result) for result in self._results.values()], indent=1))
