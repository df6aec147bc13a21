"""put products in categories

Revision ID: 36ad0b9f85c2
Revises: 9c57e2b1f4a8
Create Date: 2026-03-11 16:03:20.824476

"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision: str = "36ad0b9f85c2"
down_revision: str | Sequence[str] | None = "9c57e2b1f4a8"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Upgrade schema."""
    with op.batch_alter_table("products") as batch_op:
        batch_op.add_column(sa.Column("category_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_products_category_id_categories"), "categories", ["category_id"], ["id"]
        )


def downgrade() -> None:
    """Downgrade schema."""
    with op.batch_alter_table("products") as batch_op:
        batch_op.drop_constraint(op.f("fk_products_category_id_categories"), type_="foreignkey")
        batch_op.drop_column("category_id")
