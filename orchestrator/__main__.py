"""Lets `python -m orchestrator` stand for the command `orchestrate`."""

from orchestrator.cli.main import main

if __name__ == "__main__":
    main()
