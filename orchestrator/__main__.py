"""The command `orchestrate`, also as `python -m orchestrator`: what takes longest is begun first."""

from __future__ import annotations

import gc
import sys

_NEW_OBJECTS = 200_000
"""After how many Python looks for garbage: a command has half as many when all of its modules are loaded."""


def main() -> None:
    """Run the command line of this process and exit with its code."""
    gc.set_threshold(_NEW_OBJECTS)  # first: looking while modules load finds none, and is a twentieth of `status`
    from orchestrator.cli.ahead import begun

    with begun(sys.argv[1:]):
        from orchestrator.cli.main import main as run

        run()


if __name__ == "__main__":
    main()
