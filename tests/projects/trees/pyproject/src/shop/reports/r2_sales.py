"""sales"""

import sqlalchemy as sa
from alembic import op

revision: str = "r2"
down_revision: str | None = "r1"


def upgrade() -> None:
    op.create_table("sales", sa.Column("id", sa.Integer, primary_key=True))


def downgrade() -> None:
    op.drop_table("sales")
