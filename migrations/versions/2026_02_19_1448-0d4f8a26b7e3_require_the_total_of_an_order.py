"""require the total of an order

Revision ID: 0d4f8a26b7e3
Revises: e5b19d7c3a60
Create Date: 2026-02-19 14:48:02.640195

"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision: str = "0d4f8a26b7e3"
down_revision: str | Sequence[str] | None = "e5b19d7c3a60"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Upgrade schema."""
    with op.batch_alter_table("orders") as batch_op:
        batch_op.alter_column("total", existing_type=sa.Numeric(precision=10, scale=2), nullable=False)


def downgrade() -> None:
    """Downgrade schema."""
    with op.batch_alter_table("orders") as batch_op:
        batch_op.alter_column("total", existing_type=sa.Numeric(precision=10, scale=2), nullable=True)
