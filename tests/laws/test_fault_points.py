"""The fault points in the sources: the enumeration and the calls hold each other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import orchestrator
from orchestrator.faults import FaultPoint

ROOT = Path(orchestrator.__file__).parent
BY_NAME = {f"FaultPoint.{point.name}": point for point in FaultPoint}


def nodes(*, worker: bool) -> list[ast.AST]:
    """Everything in the sources of the worker, or of the rest of the package."""
    paths = (path for path in ROOT.rglob("*.py") if (ROOT / "worker" in path.parents) is worker)
    sources = [path.read_text() for path in paths if path.name != "faults.py"]
    return [node for source in sources for node in ast.walk(ast.parse(source))]


def passed(found: list[ast.AST]) -> Iterator[str]:
    """The first argument of each `sys.audit`, as it is written."""
    for node in found:
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "sys.audit":
            yield ast.unparse(node.args[0])


def mentions(found: list[ast.AST]) -> Iterator[str]:
    """Every place where a point is named, or a text stands that begins as theirs do."""
    for node in found:
        if isinstance(node, ast.Attribute) and ast.unparse(node).startswith("FaultPoint."):
            yield ast.unparse(node)
        if isinstance(node, ast.Constant) and str(node.value) in set(FaultPoint):
            yield ast.unparse(node)


def test_every_point_is_passed_and_nothing_else_is_done_with_it() -> None:
    """The sources pass each point, the worker by its text and the rest by name, and decide nothing by one."""
    worker, rest = nodes(worker=True), nodes(worker=False)
    for found in (worker, rest):
        assert sorted(passed(found)) == sorted(mentions(found))
    assert set(passed(rest)) <= BY_NAME.keys()
    texts = set(map(ast.literal_eval, passed(worker)))
    assert {BY_NAME[name] for name in passed(rest)} | texts == set(FaultPoint)


def test_a_point_is_a_name_of_its_own() -> None:
    """Every point's text is `orchestrate.` and its name, so that nobody else's audit event is taken for one."""
    assert {point.value for point in FaultPoint} == {f"orchestrate.{point.name.lower()}" for point in FaultPoint}
