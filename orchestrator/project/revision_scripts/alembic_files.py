"""Opens alembic.ini and pyproject.toml; what is wrong with one becomes a problem, and the file counts as empty.

It quotes no line of a file: an ini line may hold a password.
"""

from __future__ import annotations

import configparser
import tomllib
from collections.abc import Mapping
from pathlib import Path

from orchestrator.errors import Problem


def read_ini(path: Path, problems: list[Problem]) -> configparser.ConfigParser:
    """The ini file, empty where there is none, with `%(here)s` known as Alembic knows it."""
    parser = configparser.ConfigParser({"here": path.parent.as_posix()})
    try:
        parser.read_string(path.read_text(encoding="locale"))
        return parser
    except FileNotFoundError:
        pass
    except OSError as error:
        problems.append(_unreadable(path, error))
    except UnicodeDecodeError as error:
        problems.append(Problem(f"is not {error.encoding} text", str(path), "set LC_ALL to the file's encoding"))
    except configparser.Error as error:
        problems.append(_ini_problem(path, error))
    return configparser.ConfigParser()


def _ini_problem(path: Path, error: configparser.Error) -> Problem:
    """The error without the line it quotes."""
    errors = getattr(error, "errors", None)
    line = getattr(error, "lineno", None) or (errors[0][0] if errors else None)
    match error:
        case configparser.MissingSectionHeaderError():
            what = "text before the first [section]"
        case configparser.DuplicateOptionError():
            what = f"{error.option} is set twice in [{error.section}]"
        case configparser.DuplicateSectionError():
            what = f"[{error.section}] is there twice"
        case _:
            what = "a line that is not `name = value`"
    return Problem(what, f"{path}:{line}" if line else str(path), "correct the line")


def read_toml(path: Path, problems: list[Problem]) -> Mapping[str, object]:
    """The file's [tool.alembic] table, empty where there is none."""
    table: object = {}
    try:
        table = tomllib.loads(path.read_bytes().decode())
    except FileNotFoundError:
        pass
    except OSError as error:
        problems.append(_unreadable(path, error))
    except ValueError as error:
        problems.append(Problem(f"is not TOML: {error}", str(path), "correct it"))
    for name in ("tool", "alembic"):
        table = table.get(name, {}) if isinstance(table, dict) else None
    if isinstance(table, dict):
        return table
    problems.append(Problem("tool.alembic is not a table", str(path), "begin it with `[tool.alembic]`"))
    return {}


def _unreadable(path: Path, error: OSError) -> Problem:
    return Problem(f"cannot be read: {error.strerror}", str(path), "give the user who runs this leave to read it")
