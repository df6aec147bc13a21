"""What the scripts said is remembered, and never believed over the scripts."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.core.scripts import Script
from orchestrator.errors import ScriptsError
from orchestrator.project.revision_scripts import alembic_config, cache
from orchestrator.project.revision_scripts.alembic_config import AlembicConfig
from orchestrator.project.revision_scripts.files import script_files
from orchestrator.project.revision_scripts.scripts import read_scripts

FIRST = "'''One'''\nrevision = 'a1'\ndown_revision = None\nbranch_labels = ['x']\n"
SECOND = "revision = 'b2'\ndown_revision = ('a1',)\ndepends_on = 'a1'\ndef upgrade(): op.execute('COMMIT')\n"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AlembicConfig:
    """Two scripts, which are worth a cache and settled as soon as they are written."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    monkeypatch.setattr(cache, "WORTH", 1)
    monkeypatch.setattr(cache, "_SETTLED", -(10**9))
    project = tmp_path / "project"
    versions = project / "m" / "versions"
    versions.mkdir(parents=True)
    (project / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/m\n")
    (project / "m" / "env.py").touch()
    (versions / "1.py").write_text(FIRST)
    (versions / "2.py").write_text(SECOND)
    return alembic_config.read(Path("alembic.ini"), "alembic", project)


def remembered(config: AlembicConfig) -> dict[str, Script]:
    return cache.recall(tuple(script_files(config, [])))


def kept(tmp_path: Path) -> Path:
    (found,) = (tmp_path / "caches" / "orchestrate").iterdir()
    return found


def test_what_is_remembered_is_what_was_read(config: AlembicConfig, tmp_path: Path) -> None:
    """With and without what is remembered the scripts are the same; it is the user's alone, not the project's."""
    assert remembered(config) == {}
    read = read_scripts(config)
    assert tuple(remembered(config).values()) == read == read_scripts(config)
    assert [(one.revision, one.atomic, one.message) for one in read] == [("a1", True, "One"), ("b2", False, "")]
    assert kept(tmp_path).stat().st_mode & 0o777 == 0o600
    assert {path.name for path in config.here.rglob("*.json")} == set()


def _edited(file: Path) -> None:
    before = file.stat()
    file.write_text(SECOND.replace("b2", "b3"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def _replaced(file: Path) -> None:
    before = file.stat()
    new = file.with_name("new")
    new.write_text(SECOND.replace("b2", "b3"))
    os.utime(new, ns=(before.st_atime_ns, before.st_mtime_ns))
    new.replace(file)


@pytest.mark.parametrize("change", [_edited, _replaced], ids=["edited", "replaced"])
def test_a_changed_script_is_read(config: AlembicConfig, change: Callable[[Path], None]) -> None:
    """A file of the same size and date that says something else is not taken for what it was."""
    read_scripts(config)
    change(config.version_locations[0] / "2.py")
    assert [script.revision for script in read_scripts(config)] == ["a1", "b3"]
    assert len(remembered(config)) == 2


def test_scripts_come_and_go(config: AlembicConfig) -> None:
    """A new script is read, one that is gone is forgotten, and a wrong one is told each time."""
    read_scripts(config)
    versions = config.version_locations[0]
    (versions / "2.py").unlink()
    (versions / "3.py").write_text(SECOND.replace("b2", "c3"))
    assert [script.revision for script in read_scripts(config)] == ["a1", "c3"]
    (versions / "3.py").write_text("revision =")
    for _ in range(2):
        with pytest.raises(ScriptsError):
            read_scripts(config)


def test_what_has_no_shape_is_ignored(config: AlembicConfig, tmp_path: Path) -> None:
    """Nor does it matter how what is remembered of one script is broken."""
    read = read_scripts(config)
    whole = json.loads(kept(tmp_path).read_bytes())
    (path, row), *_ = whole["scripts"].items()
    for broken in (5, {}, {path: None}, {path: []}, {path: 5}, {path: [row[0]]}, {path: [row[0], 5]}):
        kept(tmp_path).write_text(json.dumps(whole | {"scripts": broken}))
        assert remembered(config) == {}
        assert read_scripts(config) == read


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b'{"read_as": "0", "scripts": {}}', b'{"scripts": 1}'])
def test_what_is_broken_is_ignored(config: AlembicConfig, tmp_path: Path, content: bytes) -> None:
    """What no longer makes sense, or another version wrote, is as good as none, and is written anew."""
    read = read_scripts(config)
    kept(tmp_path).write_bytes(content)
    assert remembered(config) == {}
    assert read_scripts(config) == read
    assert len(remembered(config)) == 2


def test_a_cache_that_cannot_be_written_is_none(config: AlembicConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a place to remember anything the scripts are read all the same."""
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    assert read_scripts(config) == read_scripts(config)
    assert remembered(config) == {}


def test_what_was_just_written_is_not_remembered(config: AlembicConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    """An edit in the same tick of the clock would leave every mark of a file as it is, so it is read again."""
    monkeypatch.undo()
    monkeypatch.setattr(cache, "WORTH", 1)
    monkeypatch.setenv("XDG_CACHE_HOME", str(config.here / "caches"))
    (config.version_locations[0] / "2.py").write_text(SECOND)
    read_scripts(config)
    assert remembered(config) == {}
