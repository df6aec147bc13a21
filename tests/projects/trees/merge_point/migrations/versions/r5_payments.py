"""payments"""

import sqlalchemy as sa
from alembic import op

revision = "r5"
down_revision = "merged"


def upgrade():
    op.create_table("payments", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("payments")
