"""Read the revision scripts of the project here and build their graph; print seconds of wall and of processor.

Argument: `tree` (this package) or `alembic`. Imports of the reader itself are not counted.
"""

import sys
import time
from pathlib import Path


def tree(here: Path) -> int:
    """As `orchestrate` reads them."""
    from orchestrator.core.revisions import Graph
    from orchestrator.project.revision_scripts import alembic_config, scripts

    begin()
    return len(Graph(scripts.read_scripts(alembic_config.read(here / "alembic.ini", "alembic", here))).heads)


def script_directory(here: Path) -> int:
    """As Alembic reads them, by importing."""
    import sqlalchemy  # noqa: F401
    from alembic import op  # noqa: F401
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    begin()
    return len(ScriptDirectory.from_config(Config(str(here / "alembic.ini"))).get_heads())


def begin() -> None:
    """The reader is there: from here on it counts."""
    global started, used
    started, used = time.perf_counter(), time.process_time()


begin()
assert {"tree": tree, "alembic": script_directory}[sys.argv[1]](Path.cwd()) == 1
print(time.perf_counter() - started, time.process_time() - used)
