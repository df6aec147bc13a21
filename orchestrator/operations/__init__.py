"""The verbs: status, plan, promote, rollout, resume and the rest, one file each.

Each takes what it needs and returns a report. Nothing here parses an argument, prints, or asks a person.
"""
