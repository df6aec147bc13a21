"""The command `orchestrate`, also as `python -m orchestrator`: what takes longest is begun first."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line of this process and exit with its code."""
    from orchestrator.cli.ahead import begun

    with begun(sys.argv[1:]):
        from orchestrator.cli.main import main as run

        run()


if __name__ == "__main__":
    main()
