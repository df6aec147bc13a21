"""The Alembic configuration, read as Alembic reads it, and its mistakes, told as a person can mend them."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path

import pytest
from alembic.config import CommandLine, Config
from alembic.script import ScriptDirectory

from orchestrator.errors import ConfigurationError, Problem
from orchestrator.project.revision_scripts import alembic_config
from orchestrator.project.revision_scripts.alembic_config import AlembicConfig, Places

INI = "[alembic]\n"
TOML = "[tool.alembic]\n"

SAME_AS_ALEMBIC: Mapping[str, tuple[str, dict[str, str]]] = {
    "relative to the working directory": ("alembic.ini", {"alembic.ini": INI + "script_location = m"}),
    "relative, ini elsewhere": ("conf/alembic.ini", {"conf/alembic.ini": INI + "script_location = m"}),
    "here": ("conf/alembic.ini", {"conf/alembic.ini": INI + "script_location = %(here)s/../m"}),
    "absolute": ("alembic.ini", {"alembic.ini": INI + "script_location = {root}/m"}),
    "empty": ("alembic.ini", {"alembic.ini": INI + "script_location =", "env.py": ""}),
    "interpolation": ("alembic.ini", {"alembic.ini": INI + "base = m\nscript_location = %(here)s/%(base)s"}),
    "from DEFAULT": ("alembic.ini", {"alembic.ini": "[DEFAULT]\nscript_location = m\n" + INI}),
    "double percent": ("alembic.ini", {"alembic.ini": INI + "script_location = 100%%", "100%/env.py": ""}),
    "comments and colon": ("alembic.ini", {"alembic.ini": "# c\n; c\n" + INI + "SCRIPT_LOCATION: m"}),
    "versions one": (
        "alembic.ini",
        {"alembic.ini": INI + "script_location = m\npath_separator = os\nversion_locations = %(here)s/v"},
    ),
    "versions os": (
        "alembic.ini",
        {"alembic.ini": INI + "script_location = m\npath_separator = os\nversion_locations = v/a: v/b ::/v"},
    ),
    "versions space": (
        "alembic.ini",
        {"alembic.ini": INI + "script_location = m\npath_separator = space\nversion_locations = v/a  v/b"},
    ),
    "versions newline": (
        "alembic.ini",
        {"alembic.ini": INI + "script_location=m\npath_separator=newline\nversion_locations =\n  v/a b\n  v/b"},
    ),
    "versions semicolon": (
        "alembic.ini",
        {"alembic.ini": INI + "script_location = m\npath_separator = ;\nversion_locations = v/a; v/b;"},
    ),
    "versions colon": (
        "alembic.ini",
        {"alembic.ini": INI + "script_location = m\npath_separator = :\nversion_locations = v/a:v/b"},
    ),
    "versions old separator": (
        "alembic.ini",
        {"alembic.ini": INI + "script_location = m\nversion_path_separator = ;\nversion_locations = v/a;v/b"},
    ),
    "new separator before old": (
        "alembic.ini",
        {
            "alembic.ini": INI
            + "script_location = m\nversion_path_separator = ;\npath_separator = space\nversion_locations = a;b c"
        },
    ),
    "versions without separator": (
        "alembic.ini",
        {"alembic.ini": INI + "script_location = m\nversion_locations = v/a, v/b v/c,v/d"},
    ),
    "versions empty": ("alembic.ini", {"alembic.ini": INI + "script_location = m\nversion_locations ="}),
    "recursive": ("alembic.ini", {"alembic.ini": INI + "script_location=m\nrecursive_version_locations = true"}),
    "True is not true": ("alembic.ini", {"alembic.ini": INI + "script_location=m\nsourceless = True"}),
    "sourceless": ("alembic.ini", {"alembic.ini": INI + "script_location=m\nsourceless = true"}),
    "another section": (
        "alembic.ini",
        {"alembic.ini": INI + "script_location = m\n[billing]\nscript_location = b", "b/env.py": ""},
    ),
    "toml alone": ("pyproject.toml", {"pyproject.toml": TOML + 'script_location = "%(here)s/m"'}),
    "toml elsewhere": ("sub/pyproject.toml", {"sub/pyproject.toml": TOML + 'script_location = "%(here)s/../m"'}),
    "toml, ini not named and not there": ("alembic.ini", {"pyproject.toml": TOML + 'script_location = "m"'}),
    "toml beside an ini without it": (
        "alembic.ini",
        {"alembic.ini": INI + "sqlalchemy.url = x", "pyproject.toml": TOML + 'script_location = "m"'},
    ),
    "ini before toml": (
        "pyproject.toml",
        {
            "alembic.ini": INI + "script_location = m\nsourceless = no",
            "pyproject.toml": TOML
            + 'script_location = "x"\nsourceless = true\nrecursive_version_locations = true',
        },
    ),
    "toml lists": (
        "pyproject.toml",
        {"pyproject.toml": TOML + 'script_location = "m"\nversion_locations = ["%(here)s/v", "v/100%%", "w x"]'},
    ),
    "toml about something else": (
        "alembic.ini",
        {"alembic.ini": INI + "script_location = m", "pyproject.toml": "[project]\nname = 'x'"},
    ),
    "package": (
        "alembic.ini",
        {
            "alembic.ini": INI + "script_location = {package}:deep:m\nprepend_sys_path = lib\npath_separator = os",
            "lib/{package}/__init__.py": "",
            "lib/{package}/deep/m/env.py": "",
        },
    ),
    "package in a package": (
        "alembic.ini",
        {
            "alembic.ini": INI + "script_location = {package}.inner:m\nprepend_sys_path = . lib",
            "lib/{package}/__init__.py": "",
            "lib/{package}/inner/__init__.py": "",
            "lib/{package}/inner/m/env.py": "",
        },
    ),
    "package without __init__": (
        "alembic.ini",
        {
            "alembic.ini": INI + "script_location = {package}.inner:m\nprepend_sys_path = lib",
            "lib/{package}/inner/m/env.py": "",
        },
    ),
}


@pytest.mark.parametrize("case", SAME_AS_ALEMBIC)
def test_locations_are_those_of_alembic(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every way of writing the configuration gives the same directories and switches as Alembic's own command."""
    config, files = SAME_AS_ALEMBIC[case]
    package = f"application_{abs(hash(str(tmp_path)))}"
    write(tmp_path, {"m/env.py": "", **files}, package)
    section = "billing" if case == "another section" else "alembic"
    monkeypatch.setattr(sys, "path", [*sys.path])

    ours = alembic_config.read(Path(config), section, tmp_path)
    assert package not in sys.modules

    monkeypatch.chdir(tmp_path)
    sys.path_importer_cache.clear()  # it remembers the relative entries of another working directory
    assert seen(ours) == alembic_sees(config, section)
    assert ours.path == tmp_path / config
    assert ours.here == (tmp_path / config).parent


def test_the_two_files_are_told_for_who_starts_alembic(tmp_path: Path) -> None:
    """The ini and toml file that exist are named, so that a worker can be given the very same ones."""
    write(tmp_path, {"m/env.py": "", "alembic.ini": INI, "pyproject.toml": TOML + 'script_location = "m"'})
    both = alembic_config.read(Path("alembic.ini"), "alembic", tmp_path)
    assert (both.ini, both.toml) == (tmp_path / "alembic.ini", tmp_path / "pyproject.toml")
    (tmp_path / "alembic.ini").unlink()
    assert alembic_config.read(Path("pyproject.toml"), "alembic", tmp_path).ini is None


BROKEN: Mapping[str, tuple[dict[str, str], str, str]] = {
    "no file": ({}, "alembic.ini: there is no such file", "projects.app.config"),
    "no section": (
        {"alembic.ini": "[billing]\nscript_location = m\n[loggers]\nkeys = root"},
        "there is no [alembic] section; it has [billing]",
        "projects.app.section",
    ),
    "empty file": ({"alembic.ini": ""}, "there is no [alembic] section; it has none", "projects.app.section"),
    "no script_location": (
        {"alembic.ini": INI},
        "alembic.ini: there is no script_location",
        "%(here)s/migrations",
    ),
    "directory missing": (
        {"alembic.ini": INI + "script_location = migrations"},
        "/migrations, which does not exist",
        "alembic init migrations",
    ),
    "directory is a file": (
        {"alembic.ini": INI + "script_location = m/env.py"},
        "which is not a directory",
        "correct script_location",
    ),
    "unset name": (
        {"alembic.ini": INI + "script_location = %(root)s/m"},
        "script_location uses %(root)s, which is not set",
        "set it there",
    ),
    "lone percent": (
        {"alembic.ini": INI + "script_location = 100%"},
        "script_location holds a % that begins no %(name)s",
        "%%",
    ),
    "circle": (
        {"alembic.ini": INI + "script_location = %(script_location)s"},
        "script_location is defined by itself",
        "write the value out",
    ),
    "separator": (
        {"alembic.ini": INI + "script_location = m\nversion_locations = a b\npath_separator = comma"},
        "path_separator is 'comma'",
        "space, newline, os, :, ;",
    ),
    "separator that only prepend_sys_path uses": (
        {"alembic.ini": INI + "script_location = m\nprepend_sys_path = .\npath_separator = comma"},
        "path_separator is 'comma'",
        "space, newline, os, :, ;",
    ),
    "unknown package": (
        {"alembic.ini": INI + "script_location = no_such_package:db/m"},
        f"names the package 'no_such_package', which {sys.executable} cannot find",
        "script_location = %(here)s/db/m",
    ),
    "no header": ({"alembic.ini": "script_location = m"}, "alembic.ini:1: text before the first", "correct"),
    "twice": (
        {"alembic.ini": INI + "script_location = m\nscript_location = n"},
        "alembic.ini:3: script_location is set twice in [alembic]",
        "correct",
    ),
    "section twice": ({"alembic.ini": INI + INI}, "alembic.ini:2: [alembic] is there twice", "correct"),
    "a line without a value": ({"alembic.ini": INI + "script_location"}, "alembic.ini:2: a line that", "correct"),
    "a directory": ({"alembic.ini/x": ""}, "alembic.ini: cannot be read: Is a directory", "leave to read"),
    "toml syntax": (
        {"alembic.ini": INI + "script_location = m", "pyproject.toml": "[tool"},
        "pyproject.toml: is not TOML: ",
        "correct it",
    ),
    "toml not a table": (
        {"alembic.ini": INI + "script_location = m", "pyproject.toml": "tool.alembic = 1"},
        "tool.alembic is not a table",
        "[tool.alembic]",
    ),
    "toml boolean": (
        {"alembic.ini": INI, "pyproject.toml": TOML + 'script_location = "m"\nsourceless = "true"'},
        "sourceless is not a boolean",
        "without quotes",
    ),
    "toml location": ({"alembic.ini": INI, "pyproject.toml": TOML + "script_location = 1"}, "is not text", '"…"'),
    "toml locations": (
        {"alembic.ini": INI, "pyproject.toml": TOML + 'script_location = "m"\nversion_locations = "v"'},
        "version_locations is not a list of text",
        '["…"]',
    ),
    "toml percent": (
        {"alembic.ini": INI, "pyproject.toml": TOML + 'script_location = "%(hre)s/m"'},
        "holds a % that is not %(here)s",
        "%%",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_mistake_is_named_with_its_mend(case: str, tmp_path: Path) -> None:
    """Each mistake in the configuration is one problem: what, in which file, and what to write instead."""
    files, what, mend = BROKEN[case]
    write(tmp_path, {"m/env.py": "", **files})
    (problem,) = problems_of(tmp_path, "alembic.ini")
    assert what in str(problem)
    assert problem.mend is not None
    assert mend in problem.mend
    assert str(tmp_path) in str(problem.where)


@pytest.mark.parametrize(
    ("config", "section", "files", "what"),
    [
        ("other.ini", "alembic", {"pyproject.toml": TOML + 'script_location = "m"'}, "there is no such file"),
        ("alembic.ini", "billing", {"pyproject.toml": TOML + 'script_location = "m"'}, "no [billing] section"),
        ("pyproject.toml", "alembic", {"alembic.ini": INI + "script_location = m"}, "there is no such file"),
        ("pyproject.toml", "alembic", {"pyproject.toml": "x = 1"}, "there is no [tool.alembic] table"),
        ("pyproject.toml", "alembic", {"pyproject.toml": TOML + "sourceless = false"}, "no script_location"),
    ],
)
def test_what_was_named_must_be_there(
    config: str, section: str, files: dict[str, str], what: str, tmp_path: Path
) -> None:
    """A file or section that was named and is missing is never silently replaced by the other file."""
    write(tmp_path, {"m/env.py": "", **files})
    (problem,) = problems_of(tmp_path, config, section)
    assert what in str(problem)


def test_all_mistakes_are_told_together(tmp_path: Path) -> None:
    """Mistakes in different settings come in one error."""
    text = "script_location = nowhere\nversion_locations = %(x)s\npath_separator = bar\nsourceless = %(y)s"
    write(tmp_path, {"alembic.ini": INI + text})
    told = [problem.what for problem in problems_of(tmp_path, "alembic.ini")]
    assert len(told) == 3
    assert [word in " ".join(told) for word in ("nowhere", "%(x)s", "%(y)s")] == [True] * 3


def test_a_directory_beside_the_ini_is_pointed_at(tmp_path: Path) -> None:
    """A location that exists beside the ini but not below the working directory is mended with %(here)s."""
    write(tmp_path, {"app/alembic.ini": INI + "script_location = migrations", "app/migrations/env.py": ""})
    (problem,) = problems_of(tmp_path, "app/alembic.ini")
    assert problem.mend is not None
    assert "`%(here)s/migrations`" in problem.mend


def test_a_directory_above_the_ini_is_pointed_at(tmp_path: Path) -> None:
    """A location that is relative to a folder further up is mended with the working directory to set."""
    write(tmp_path, {"src/app/db/alembic.ini": INI + "script_location = app/db/m", "src/app/db/m/env.py": ""})
    (problem,) = problems_of(tmp_path / "src/app/db", "alembic.ini")
    assert problem.mend == f"set the project's working_directory to {tmp_path}/src"


def test_env_py_beside_the_ini_is_pointed_at(tmp_path: Path) -> None:
    """Where the ini lies in the directory of env.py and says another, that directory is the mend."""
    write(tmp_path, {"m/alembic.ini": INI + "script_location = {dir}", "m/env.py": ""})
    (problem,) = problems_of(tmp_path, "m/alembic.ini")
    assert problem.mend == f"set projects.app.script_location to {tmp_path}/m in environments.yaml"


def test_a_location_without_env_py(tmp_path: Path) -> None:
    """A directory that exists and has no env.py is a mistake, never a project with nothing to do."""
    write(tmp_path, {"alembic.ini": INI + "script_location = m", "m/versions/a.py": ""})
    with pytest.raises(ConfigurationError, match=r"has no env\.py"):
        alembic_config.read(tmp_path / "alembic.ini", "alembic", tmp_path)


def test_env_py_beside_an_ini_without_a_location(tmp_path: Path) -> None:
    """As Flask-Migrate has it: the directory of the ini, in whichever section; with a location it is that one."""
    write(tmp_path, {"m/alembic.ini": INI + "[other]\nx = 1\n[third]\nscript_location = n", "m/env.py": ""})
    write(tmp_path, {"n/env.py": ""})
    locations = [
        alembic_config.read(Path("m/alembic.ini"), section, tmp_path).script_location
        for section in ("alembic", "other", "third")
    ]
    assert locations == [tmp_path / "m", tmp_path / "m", tmp_path / "n"]


def test_places_come_before_the_files(tmp_path: Path) -> None:
    """What environments.yaml says of the locations is used, and the rest is as the files have it."""
    text = "script_location = nowhere\nversion_locations = a b\nrecursive_version_locations = true\n"
    write(
        tmp_path,
        {"alembic.ini": INI + text + "prepend_sys_path = lib", "m/env.py": "", "lib/shop/__init__.py": ""},
    )
    places = Places(str(tmp_path / "m"), (str(tmp_path / "one two:three"), "shop:versions"))
    found = alembic_config.read(Path("alembic.ini"), "alembic", tmp_path, places)
    locations = (tmp_path / "one two:three", tmp_path / "lib/shop/versions")
    assert (found.script_location, found.version_locations) == (tmp_path / "m", locations)
    assert found.recursive


def test_with_a_script_location_there_need_be_no_ini(tmp_path: Path) -> None:
    """The default file may be missing then; one of another name was named by somebody and may not."""
    write(tmp_path, {"m/env.py": ""})
    places = Places(str(tmp_path / "m"))
    assert alembic_config.read(Path("alembic.ini"), "alembic", tmp_path, places).script_location == tmp_path / "m"
    with pytest.raises(ConfigurationError, match="there is no such file"):
        alembic_config.read(Path("other.ini"), "alembic", tmp_path, places)


def test_no_line_of_the_ini_is_quoted(tmp_path: Path) -> None:
    """The text of a broken ini file never reaches the message, since a password may stand in it."""
    for text in ("hunter2", "[alembic]\nhunter2", "[alembic]\nscript_location = %(p)s\np = hunter2 %"):
        write(tmp_path, {"alembic.ini": text})
        assert "hunter2" not in repr(problems_of(tmp_path, "alembic.ini"))


def test_alembic_is_not_imported() -> None:
    """Reading the configuration imports neither Alembic nor SQLAlchemy, so that status starts fast."""
    code = (
        "import sys, orchestrator.project.revision_scripts.scripts\n"
        "print([name for name in ('alembic', 'sqlalchemy') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


def write(root: Path, files: Mapping[str, str], package: str = "") -> None:
    for name, text in files.items():
        path = root / name.replace("{package}", package)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("{root}", str(root)).replace("{package}", package))


def seen(config: AlembicConfig) -> tuple[object, ...]:
    locations = [path.absolute() for path in config.version_locations]
    return config.script_location, locations, config.recursive, config.sourceless


def alembic_sees(config: str, section: str) -> tuple[object, ...]:
    command = CommandLine()
    options = command.parser.parse_args(["-c", config, "-n", section, "heads"])
    toml, ini = command._inis_from_config(options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scripts = ScriptDirectory.from_config(Config(ini, toml, section, cmd_opts=options))
    return (
        Path(scripts.dir).absolute(),
        list(scripts._version_locations),
        scripts.recursive_version_locations,
        scripts.sourceless,
    )


def problems_of(root: Path, config: str, section: str = "alembic") -> tuple[Problem, ...]:
    with pytest.raises(ConfigurationError) as caught:
        alembic_config.read(Path(config), section, root)
    error = caught.value
    return error.problems or (Problem(error.what, error.where, error.mend),)
