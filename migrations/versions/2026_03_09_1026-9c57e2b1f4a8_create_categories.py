"""create categories

Revision ID: 9c57e2b1f4a8
Revises: 0d4f8a26b7e3
Create Date: 2026-03-09 10:26:33.175840

One team starts the branch "catalogue" here; another starts "payments" from the same revision.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision: str = "9c57e2b1f4a8"
down_revision: str | Sequence[str] | None = "0d4f8a26b7e3"
branch_labels: str | Sequence[str] | None = ("catalogue",)
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "categories",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_categories")),
        sa.UniqueConstraint("name", name=op.f("uq_categories_name")),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("categories")
