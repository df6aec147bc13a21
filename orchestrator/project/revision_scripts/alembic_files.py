"""Opens alembic.ini and pyproject.toml; what is wrong with one becomes a problem, and the file counts as empty.

It quotes no line of a file: an ini line may hold a password. Neither file is read without bound.
"""

from __future__ import annotations

import configparser
import locale
from collections.abc import Mapping
from pathlib import Path

from orchestrator.errors import Problem

MAX_BYTES = 1024 * 1024


def read_ini(path: Path, problems: list[Problem]) -> configparser.ConfigParser:
    """The ini file, empty where there is none, with `%(here)s` known as Alembic knows it."""
    parser = configparser.ConfigParser({"here": path.parent.as_posix()})
    try:
        parser.read_string(_content(path).decode(locale.getencoding()))
        return parser
    except FileNotFoundError:
        pass
    except OSError as error:
        problems.append(_unreadable(path, error))
    except OverflowError:
        problems.append(_too_large(path))
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
        content = _content(path)
        import tomllib

        table = tomllib.loads(content.decode())
    except FileNotFoundError:
        pass
    except OSError as error:
        problems.append(_unreadable(path, error))
    except OverflowError:
        problems.append(_too_large(path))
    except (ValueError, RecursionError) as error:
        problems.append(Problem(f"is not TOML: {error}", str(path), "correct it"))
    for name in ("tool", "alembic"):
        table = table.get(name, {}) if isinstance(table, dict) else None
    if isinstance(table, dict):
        return table
    problems.append(Problem("tool.alembic is not a table", str(path), "begin it with `[tool.alembic]`"))
    return {}


def _content(path: Path) -> bytes:
    """The file's bytes; OverflowError for more than are read."""
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise OverflowError
    return content


def _too_large(path: Path) -> Problem:
    return Problem("is larger than 1 MiB", str(path), "is it the right file?")


def _unreadable(path: Path, error: OSError) -> Problem:
    return Problem(f"cannot be read: {error.strerror}", str(path), "give the user who runs this leave to read it")
