"""How problems in the project's files are put: names that are safe to show, places, near matches.

Pure text. It must never show a value of the file: a value may be a URL with a password in it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

Place = tuple[str | int, ...]
"""Where a value stands in the file: the keys and indices that lead to it."""

NAME = r"[a-z0-9][a-z0-9_-]{0,62}"
"""What environments, databases and projects may be called: 63 is PostgreSQL's longest identifier."""
_NAME = re.compile(NAME)
_LONGEST = 70


def shown(name: str) -> str:
    """The name in quotes, invisible characters as code points; nothing of it if it looks like a URL."""
    if "://" in name or "@" in name:
        return "'…'"
    visible = name if name.isprintable() else "".join(_visible(c) for c in name)
    return f"'{visible}'" if len(visible) <= _LONGEST else f"'{visible[:_LONGEST]}…'"


def _visible(character: str) -> str:
    return character if character.isprintable() else f"\\u{ord(character):04x}"


def dotted(place: Place) -> str:
    """The place as people write it: `prod.timeouts.connect`; environments are not prefixed."""
    parts = place[1:] if len(place) > 1 and place[0] == "environments" else place
    text = ".".join(f"[{part}]" if isinstance(part, int) else shown(part)[1:-1] or "''" for part in parts)
    return text.replace(".[", "[") or "the file"


def near(name: str, known: Iterable[str]) -> str:
    """What to say after an unknown name: the nearest known one, else all of them."""
    names = tuple(known)
    matches = get_close_matches(name, names, n=1)
    if matches:
        return f"did you mean '{matches[0]}'?"
    return f"one of: {', '.join(names)}" if names else "there is none"


def is_name(text: str) -> bool:
    """Whether environments, databases and projects may be called so."""
    return _NAME.fullmatch(text) is not None


def name_fault(name: str) -> tuple[str, str]:
    """Why that name may not be used, and what to write instead."""
    if not name:
        return "the name is empty", "give it a name, for example: dev"
    if is_name(name.lower()):
        return f"the name {shown(name)} is not all lower case", f"write {name.lower()}"
    odd = sorted({c for c in name if not (c.isascii() and c.isprintable())})
    points = ", ".join(f"U+{ord(c):04X} {unicodedata.name(c, '')}".rstrip() for c in odd[:5])
    holds = f" holds {points}," if odd else " is not a usable name:"
    rule = "use a-z, 0-9, - and _, at most 63 characters, the first a letter or a digit"
    return f"the name {shown(name)}{holds} names are {NAME}", rule
