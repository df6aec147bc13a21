"""lengthen payment references

Revision ID: 5a7e20c94bd6
Revises: f19e73a5c8d0
Create Date: 2026-04-07 08:57:29.208354

The downgrade is refused by PostgreSQL and MariaDB once a longer reference is stored: it would cut it off.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision: str = "5a7e20c94bd6"
down_revision: str | Sequence[str] | None = "f19e73a5c8d0"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Upgrade schema."""
    with op.batch_alter_table("payments") as batch_op:
        batch_op.alter_column(
            "reference",
            existing_type=sa.String(length=64),
            type_=sa.String(length=128),
            existing_nullable=False,
        )


def downgrade() -> None:
    """Downgrade schema."""
    with op.batch_alter_table("payments") as batch_op:
        batch_op.alter_column(
            "reference",
            existing_type=sa.String(length=128),
            type_=sa.String(length=64),
            existing_nullable=False,
        )
