"""customers"""

import sqlalchemy as sa
from alembic import op

revision: str = "r1"
down_revision: str | None = None


def upgrade() -> None:
    op.create_table("customers", sa.Column("id", sa.Integer, primary_key=True))


def downgrade() -> None:
    op.drop_table("customers")
