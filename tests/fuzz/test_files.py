"""The project's own files, whatever stands in them: read, or refused in words."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orchestrator.core.scripts import Script
from orchestrator.errors import ConfigurationError, ScriptsError
from orchestrator.project.revision_scripts import alembic_config
from orchestrator.project.revision_scripts.alembic_config import AlembicConfig
from orchestrator.project.revision_scripts.downgrades import read_downgrades
from orchestrator.project.revision_scripts.scripts import read_scripts
from tests.fuzz.values import QUICK, TEXT

PIECES = [
    *(
        "revision",
        " = ",
        "down_revision",
        "branch_labels",
        "depends_on",
        "'r1'",
        "None",
        "('a', 'b')",
        "{'x'}",
        "[1]",
    ),
    *(
        "\n",
        "\n    ",
        "def downgrade():",
        "def upgrade():",
        "op.drop_table(",
        ")",
        "raise ",
        "with ",
        " as b:",
        "if x:",
    ),
    *(
        "f'{x}'",
        "-",
        "(",
        "[",
        "lambda: ",
        "'\\ud800'",
        "'\\x00'",
        "'\\u202e'",
        "\x00",
        "\x0c",
        "# coding: utf-7\n",
    ),
    *(
        "from m import *",
        "del revision",
        "revision: str = 'q'",
        "(revision := 'z')",
        "b'x'",
        "op.execute(",
        "'COMMIT'",
    ),
]
SCRIPTS = st.binary(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=20).map(
    lambda pieces: "".join(pieces).encode("utf-8", "surrogatepass")
)
DEEP = (
    b"revision = 'r1'\ndown_revision = None\ndef downgrade():\n    op.execute(" + b"+".join([b"x"] * 3000) + b")\n"
)
INI_PIECES = [
    *(
        "[alembic]\n",
        "[other]\n",
        "[DEFAULT]\n",
        "script_location",
        "version_locations",
        "path_separator",
        " = ",
        "\n",
    ),
    *(
        "\n  ",
        "%(here)s",
        "%",
        "%%",
        "%(",
        "m",
        "m:",
        ":m",
        ".:.",
        "os",
        "newline",
        "\x00",
        "\ud800",
        "sourceless",
    ),
    *(
        "true",
        "prepend_sys_path",
        "=",
        "[",
        "]",
        "#",
        "..",
        "/",
        "/dev/zero",
        "\\",
        "é",
        "recursive_version_locations",
    ),
]
INIS = st.lists(st.sampled_from(INI_PIECES) | TEXT, max_size=14).map(
    lambda pieces: ("[alembic]\n" + "".join(pieces)).encode("utf-8", "surrogatepass")
)
TOML_PIECES = [
    *(
        "[tool.alembic]\n",
        "script_location",
        "version_locations",
        " = ",
        '"',
        "'",
        "[",
        "]",
        "{",
        "}",
        "m",
        "%(here)s",
    ),
    *(
        "\n",
        '"\\u0000"',
        "true",
        "1e400",
        "1979-05-27",
        "[[tool.alembic]]\n",
        ".",
        ",",
        "%",
        "recursive_version_locations",
    ),
]
TOMLS = st.lists(st.sampled_from(TOML_PIECES), max_size=14).map(
    lambda pieces: ("[tool.alembic]\n" + "".join(pieces)).encode("utf-8", "surrogatepass")
)


@QUICK
@given(SCRIPTS)
@example(DEEP)
@example(b"x = " + b"-" * 20_000 + b"1\n")
@example(b"(" * 50_000)
@example(b"revision = " + b"(" * 90 + b"'r'" + b")" * 90)
@example(b"revision = 'a\\x1b[2J'\ndown_revision = None\n")
@example(b"revision = 'a\\ud800'\ndown_revision = None\n")
def test_any_file_is_a_script_or_a_problem(content: bytes) -> None:
    """No content of a revision file ends in anything but a script or problems with their file."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder).resolve()
        (here / "r.py").write_bytes(content)
        config = AlembicConfig(here / "alembic.ini", here, None, None, "alembic", here, (here,), False, False)
        try:
            scripts = read_scripts(config)
        except ScriptsError as error:
            problems = error.problems or (error,)
            assert all(problem.what and (problem.where or "").startswith("r.py") for problem in problems)
            scripts = ()
        written = Script("r1", (), "r.py", digest="d")
        read_downgrades(here, [written])
        for script in scripts:
            assert script.revision.isprintable()
            script.revision.encode()


@QUICK
@given(INIS, TOMLS | st.just(b""))
@example(b"[alembic]\nscript_location = a\x00b\n", b"")
@example(b"[alembic]\nscript_location = m\nversion_locations = a\x00b\n", b"")
@example(b"", b"[tool.alembic]\nx = " + b"[" * 20_000)
@example(b"", b'[tool.alembic]\nscript_location = "m"\nversion_locations = ["a\\u0000b"]\n')
@example(b"[alembic]\nscript_location = :\n", b"")
@example(b"[alembic]\nscript_location = m\nversion_locations = ..:x\n", b"")
def test_any_alembic_ini_is_a_configuration_or_problems(ini: bytes, toml: bytes) -> None:
    """No content of alembic.ini and pyproject.toml ends in anything but a configuration whose scripts can be read,
    or an error that says why not.
    """
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder).resolve()
        (here / "m").mkdir()
        (here / "m" / "env.py").touch()
        (here / "alembic.ini").write_bytes(ini)
        (here / "pyproject.toml").write_bytes(toml)
        try:
            read = alembic_config.read(here / "alembic.ini", "alembic", here, alembic_config.Places())
        except ConfigurationError as error:
            read, silent = None, [problem for problem in error.problems or (error,) if not problem.what]
            assert not silent
        if read is not None and all(place.is_relative_to(here) for place in read.version_locations):
            read_scripts(read)


@pytest.mark.parametrize("name", ["alembic.ini", "pyproject.toml"])
def test_a_file_of_alembic_s_that_has_no_end_is_refused(tmp_path: Path, name: str) -> None:
    """A device in place of a file is not read to its end."""
    (tmp_path / name).symlink_to("/dev/zero")
    with pytest.raises(ConfigurationError, match="larger than 1 MiB"):
        alembic_config.read(tmp_path / "alembic.ini", "alembic", tmp_path, alembic_config.Places())


def test_what_is_no_file_is_no_script(tmp_path: Path) -> None:
    """A pipe or a device among the scripts is a problem; nobody waits for it."""
    os.mkfifo(tmp_path / "a.py")
    (tmp_path / "b.py").symlink_to("/dev/zero")
    config = AlembicConfig(
        tmp_path / "alembic.ini", tmp_path, None, None, "a", tmp_path, (tmp_path,), False, False
    )
    with pytest.raises(ScriptsError) as refused:
        read_scripts(config)
    assert str(refused.value) == "a.py: is not a file"
