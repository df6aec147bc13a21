"""The verbs: one file per group of commands that share their steps (release: plan, promote, rollout, resume).

Each takes what it needs and returns a report. Nothing here parses an argument, prints, or asks a person.
"""
