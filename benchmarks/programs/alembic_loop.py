"""A plain loop over `alembic.command`, in one process. Arguments: the file of the work, `upgrade` or `current`."""

import contextlib
import io
import json
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config

work = json.loads(Path(sys.argv[1]).read_text())
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    for ini in work["inis"]:
        config = Config(ini)
        if sys.argv[2] == "upgrade":
            command.upgrade(config, "head")
        else:
            command.current(config)
