"""Move every database of an application through the same Alembic revisions, in order.

The folders say what lives where; `ARCHITECTURE.md` shows how they fit. This module holds the version and
nothing else, so that importing any part of the package stays cheap.
"""

__version__ = "0.1.0"
