"""The file of a sealed plan: written whole, read back, and never over something else."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.core.planner import promote
from orchestrator.core.sealed import Sealed
from orchestrator.core.targets import Target
from orchestrator.errors import UsageError
from orchestrator.project import configuration, plan_file
from orchestrator.project.settings import Settings
from tests.core.seals import sealed
from tests.core.worlds import graph, world
from tests.projects_builder import AlembicProject

PLAN = promote(world(graph("a; b a"), {"staging": "b", "prod": "a"}), "staging", "prod")


def titled(message: str) -> Sealed:
    """A plan whose one revision has this message."""
    (wave,) = PLAN.waves
    (target,) = wave.targets
    steps = tuple(replace(step, message=message) for step in target.steps)
    return sealed(replace(PLAN, waves=(replace(wave, targets=(replace(target, steps=steps),)),)))


def test_what_is_written_is_read_and_the_same_again(tmp_path: Path) -> None:
    """The same plan is the same bytes, ending with its seal and a line end; an older plan there is replaced."""
    path = tmp_path / "r.plan.json"
    plan_file.write(path, titled("an older one"))
    plan_file.write(path, sealed(PLAN, file=str(path)))
    first = path.read_bytes()
    assert plan_file.read(path) == sealed(PLAN)
    assert plan_file.read(path).file == str(path)
    plan_file.write(path, plan_file.read(path))
    assert path.read_bytes() == first
    assert first.endswith(f'"seal": "{sealed(PLAN).seal}"\n}}\n'.encode())
    assert [one.name for one in tmp_path.iterdir()] == ["r.plan.json"]


def test_what_an_editor_or_a_merge_made_of_it(tmp_path: Path) -> None:
    """A byte order mark is no change; where a merge or a full disk left no JSON, the line is named."""
    path = tmp_path / "r.plan.json"
    plan_file.write(path, sealed(PLAN))
    whole = path.read_bytes()
    path.write_bytes(b"\xef\xbb\xbf" + whole)
    assert plan_file.read(path) == sealed(PLAN)
    lines = whole.splitlines(keepends=True)
    for broken in ([*lines[:8], b"<<<<<<< HEAD\n", *lines[8:]], [*lines[:8], b'  "cut":']):
        path.write_bytes(b"".join(broken))
        with pytest.raises(UsageError, match="it is not JSON: line 9") as caught:
            plan_file.read(path)
        assert (caught.value.mend or "").startswith("take the file as it was written, or make it anew")


def test_a_reviewer_sees_every_character(tmp_path: Path) -> None:
    """Umlauts stay as they are; what would not be seen, or would turn the writing round, is escaped."""
    path = tmp_path / "r.plan.json"
    hostile = titled('größer "as is"\u202egnp.exe\u200b\x1b[2J\ud800')
    plan_file.write(path, hostile)
    text = path.read_text(encoding="utf-8")
    assert 'größer \\"as is\\"\\u202egnp.exe\\u200b\\u001b[2J\\ud800' in text
    assert plan_file.read(path) == hostile


def test_nothing_else_is_written_over(tmp_path: Path) -> None:
    """A file that is no plan, a directory, a link into nowhere and a place that is not there are refused, as they
    were.
    """
    (tmp_path / "environments.yaml").write_text("version: 1\n")
    (tmp_path / "list.json").write_text("[1]")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone" / "far")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("environments.yaml", "list.json", "folder", "nowhere", "pipe", "missing/r.json"):
        with pytest.raises(UsageError) as caught:
            plan_file.write(tmp_path / name, sealed(PLAN))
        assert caught.value.mend
    assert (tmp_path / "environments.yaml").read_text() == "version: 1\n"
    assert len(list(tmp_path.iterdir())) == 5


def test_on_a_full_disk_room_is_what_is_lacking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another directory that one may write is no mend where the disk is full."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(UsageError, match="No space left on device") as caught:
        plan_file.write(tmp_path / "r.json", sealed(PLAN))
    assert "make room" in (caught.value.mend or "")
    assert list(tmp_path.iterdir()) == []


def test_the_files_that_a_plan_relies_on(alembic_project: Callable[..., AlembicProject]) -> None:
    """They are named alike wherever the repository lies, line endings do not count, every other byte does."""
    found = []
    for place in ("here", "there/deeper"):
        project = alembic_project(place)
        project.environments({"dev": "sqlite:///dev.db"})
        if place != "here":
            project.ini.write_bytes(project.ini.read_bytes().replace(b"\n", b"\r\n"))
        loaded = configuration.load(project.root / "environments.yaml", Settings(), {})
        found.append(plan_file.digests(loaded, [Target("dev")]))
    assert found[0] == found[1]
    assert list(found[0]) == ["environments.yaml", "alembic.ini", "migrations/env.py"]
    project.env_py.write_text(project.env_py.read_text() + "\n# changed\n")
    changed = plan_file.digests(loaded, [Target("dev")])
    assert {path for path in changed if changed[path] != found[1][path]} == {"migrations/env.py"}
