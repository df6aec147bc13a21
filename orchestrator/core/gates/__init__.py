"""The rules a plan must pass before it may run, one per file; `decide` asks them all.

A gate looks at a plan and what it is told about the world and gives a verdict with its reason and the mend.
It never looks anything up itself.
"""
