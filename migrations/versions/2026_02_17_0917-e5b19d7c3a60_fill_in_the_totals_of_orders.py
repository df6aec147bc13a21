"""fill in the totals of orders

Revision ID: e5b19d7c3a60
Revises: 72c8e4059fda
Create Date: 2026-02-17 09:17:49.311508

Data alone, no DDL: it can be repeated, and on a database whose DDL commits by itself (MariaDB, MySQL)
a failure here leaves nothing half done. It names the columns it needs and imports no model: models move on.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision: str = "e5b19d7c3a60"
down_revision: str | Sequence[str] | None = "72c8e4059fda"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


orders = sa.table("orders", sa.column("id"), sa.column("total"))
order_lines = sa.table("order_lines", sa.column("order_id"), sa.column("quantity"), sa.column("unit_price"))


def upgrade() -> None:
    """Upgrade schema."""
    lines = sa.select(sa.func.coalesce(sa.func.sum(order_lines.c.quantity * order_lines.c.unit_price), 0))
    total = lines.where(order_lines.c.order_id == orders.c.id).scalar_subquery()
    op.execute(sa.update(orders).where(orders.c.total.is_(None)).values(total=total))


def downgrade() -> None:
    """Downgrade schema."""
    op.execute(sa.update(orders).values(total=None))
