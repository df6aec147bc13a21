"""search index"""

import sqlalchemy as sa
from alembic import op

revision = "x1"
down_revision = None
branch_labels = ("search",)


def upgrade():
    op.create_table("search", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("search")
