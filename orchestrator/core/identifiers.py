"""Names as SQL may hold them: a mend is typed as it is read, so a name must not end where it likes. Pure."""

from __future__ import annotations


def identifier(*names: str, mark: str = '"') -> str:
    """The names, quoted and joined by dots; `mark` is the family's: MySQL's is the backtick."""
    return ".".join(mark + name.replace(mark, mark * 2) + mark for name in names)
