"""merge catalogue and payments

Revision ID: f19e73a5c8d0
Revises: 36ad0b9f85c2, b84c1e6d20f7
Create Date: 2026-03-16 09:44:11.536782

Both branches end here: one head again, for whoever has the revisions of both.
"""

from collections.abc import Sequence

# revision identifiers, used by Alembic.
revision: str = "f19e73a5c8d0"
down_revision: str | Sequence[str] | None = ("36ad0b9f85c2", "b84c1e6d20f7")
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Upgrade schema."""


def downgrade() -> None:
    """Downgrade schema."""
