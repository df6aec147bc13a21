"""payments"""

import sqlalchemy as sa
from alembic import op

revision = "1e5"
down_revision = "v3.2.0.a"


def upgrade():
    op.create_table("payments", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("payments")
