"""index orders by when they were placed

Revision ID: a60f3d8e71b9
Revises: 4e91b6c2a8d5
Create Date: 2026-02-03 11:12:36.558120

"""

from collections.abc import Sequence

from alembic import op

# revision identifiers, used by Alembic.
revision: str = "a60f3d8e71b9"
down_revision: str | Sequence[str] | None = "4e91b6c2a8d5"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_index(op.f("ix_orders_placed_at"), "orders", ["placed_at"], unique=False)


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_index(op.f("ix_orders_placed_at"), table_name="orders")
