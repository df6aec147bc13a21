"""add the total of an order

Revision ID: 72c8e4059fda
Revises: a60f3d8e71b9
Create Date: 2026-02-17 09:05:14.902677

The first of three: the column may be empty, so that the application of yesterday can still write orders.
The next revision fills it in, the one after requires it.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision: str = "72c8e4059fda"
down_revision: str | Sequence[str] | None = "a60f3d8e71b9"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Upgrade schema."""
    with op.batch_alter_table("orders") as batch_op:
        batch_op.add_column(sa.Column("total", sa.Numeric(precision=10, scale=2), nullable=True))


def downgrade() -> None:
    """Downgrade schema."""
    with op.batch_alter_table("orders") as batch_op:
        batch_op.drop_column("total")
